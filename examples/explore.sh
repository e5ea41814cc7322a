#!/bin/sh
# Find the schedule that breaks a naive deployment, and show that none breaks the repaired one.
#
#     sh examples/explore.sh
#
# `make explore-demo` runs it. Exits with 1 where an exploration ends otherwise.
set -eu
cd "$(dirname "$0")/.."

# Print a command, run it, and compare its exit code.
shows() {
    expected=$1
    shift
    echo "\$ $*"
    code=0
    "$@" || code=$?
    [ "$code" = "$expected" ]
    echo
}

echo "1  A deployment as most programs do it, under the late reads that AWS documents"
shows 1 sm-emulator explore --stale documented --faults none -- python examples/ci/before.py
echo "2  The repaired one, under every late read, lost answer and refused request"
shows 0 sm-emulator explore -- python examples/ci/after.py
echo "Now your program:  sm-emulator explore -- python deploy.py"
