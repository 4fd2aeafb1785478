#!/usr/bin/env bash
# Installs the packages of the JavaScript client (examples/javascript) and of the report's page
# (web) into their node_modules, at the versions of their package-lock.json. Does nothing if that is
# done. Without npm, or if the packages are not available, it says so, and the tests that need them
# are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

# install FOLDER WHAT
install() {
  local sum stamp=$1/node_modules/.stamp
  sum=$(sha256sum "$1/package-lock.json" | cut -d ' ' -f 1)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then return; fi
  if ! command -v npm >/dev/null; then
    echo "npm was not found: $2 is not tested" >&2
    return
  fi
  echo "Installing the packages of $1"
  # No package needs its install scripts: ZeroMQ and esbuild come prebuilt.
  if (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
    echo "$sum" >"$stamp"
  else
    echo "The packages are not available: $2 is not tested" >&2
  fi
}

install examples/javascript "the JavaScript client"
install web "that the report's page is built from its sources"
