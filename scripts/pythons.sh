#!/usr/bin/env bash
# Run the fast tests under every other supported Python that this machine has, each in its own environment.
#   scripts/pythons.sh [PYTHON ...]   by default python3.12 and later, from PATH or pyenv
set -euo pipefail
cd "$(dirname "$0")/.."

# pyenv's shims are on PATH also for versions that are not selected, and fail then
find_python() {
  local each
  for each in "$(command -v "$1" || true)" ~/.pyenv/versions/"${1#python}".*/bin/python; do
    "$each" --version &>/dev/null && { echo "$each"; return; }
  done
}

[ $# -gt 0 ] || set -- python3.12 python3.13 python3.14
failed=()
for wanted; do
  python=$(find_python "$wanted" || true)
  [ -n "$python" ] || { echo "skipped $wanted: it is not installed"; continue; }
  environment=.venv/$(basename "$wanted")
  "$python" -m venv --clear --without-pip "$environment"
  .venv/bin/python -m pip --python "$environment/bin/python" install --quiet --disable-pip-version-check \
    -c constraints.txt --group dev -e .
  echo "$("$environment/bin/python" --version):"
  "$environment/bin/python" -m pytest -n auto -q -m 'not slow' || failed+=("$wanted")
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
