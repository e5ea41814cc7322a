#!/bin/sh
# Run a deployment under the three presets that every CI should run, and keep a report of each run.
#
#     sh examples/ci/check.sh ARTEFACTS COMMAND [ARGUMENT …]
#
# ARTEFACTS gets PRESET.xml (JUnit), PRESET.html and PRESET.json. Exits with 1 where the command failed
# or the report has a finding; all three presets are run regardless.
set -u
artefacts=$1
shift
mkdir -p "$artefacts"
failed=0
for preset in describe-lies read-after-create-miss-2 lost-reply; do
    report=$artefacts/$preset
    if sm-emulator run --reproducible --preset "$preset" --fail-on any \
        --junit "$report.xml" --html "$report.html" --report "$report.json" --json -- "$@"; then
        echo "ok      $preset"
    else
        echo "FAILED  $preset: see $report.html"
        failed=1
    fi
done
exit $failed
