#!/usr/bin/env bash
# Creates .venv with the Python client (editable) and the packages of the demo, the tests or the
# tests of real training (1.5 GB more): venv.sh [demo|test|learners]. Does nothing if that is done
# and python/pyproject.toml is unchanged.
set -euo pipefail
cd "$(dirname "$0")/.."

extra=${1:-demo}
case "$extra" in
  demo | test | learners) ;;
  *) echo "usage: scripts/venv.sh [demo|test|learners]" >&2; exit 2 ;;
esac

usable() {
  "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# The checksum includes the folder, since an environment cannot be moved.
sum=$(printf '%s\n' "$PWD" | cat - python/pyproject.toml | sha256sum | cut -d ' ' -f 1)
stamped() {
  [ -f ".venv/$1.stamp" ] && [ "$(cat ".venv/$1.stamp")" = "$sum" ]
}

if [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null; then
  # Each of these extras includes the earlier ones: demo, test, learners.
  case "$extra" in
    demo) holders="demo test learners" ;;
    test) holders="test learners" ;;
    learners) holders=learners ;;
  esac
  for holder in $holders; do
    if stamped "$holder"; then exit 0; fi
  done
fi

python=
for candidate in "${PYTHON:-python3}" /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 \
  python3.10; do
  if usable "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "Python 3.10 or newer with venv is needed (Debian: python3, python3-venv)." >&2
  exit 1
fi

echo "Installing the Python packages of hftsim[$extra] into .venv"
"$python" -m venv --clear .venv
install() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -e "python[$1]"
}
if ! install "$extra"; then
  [ "$extra" = learners ] || exit 1
  echo "Some packages of hftsim[learners] are not available: tests of training will be skipped" >&2
  extra=test
  install "$extra"
fi
echo "$sum" >".venv/$extra.stamp"
