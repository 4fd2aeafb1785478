#!/usr/bin/env bash
# Installs the packages of the JavaScript client into examples/javascript/node_modules, at the
# versions of its package-lock.json. Does nothing if that is done. Without npm, or if the packages
# are not available, it says so, and the client's tests are skipped.
set -euo pipefail
cd "$(dirname "$0")/../examples/javascript"

sum=$(sha256sum package-lock.json | cut -d ' ' -f 1)
stamp=node_modules/.stamp
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then exit 0; fi
if ! command -v npm >/dev/null; then
  echo "npm was not found: the JavaScript client is not tested" >&2
  exit 0
fi
echo "Installing the packages of examples/javascript"
# No package needs its install scripts: ZeroMQ comes prebuilt.
if npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then
  echo "$sum" >"$stamp"
else
  echo "The packages are not available: the JavaScript client is not tested" >&2
fi
