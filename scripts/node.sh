#!/usr/bin/env bash
# Installs what the client in JavaScript needs into examples/javascript/node_modules, as its
# package-lock.json pins it. Does nothing where that is done. Where there is no npm, or nothing can
# be had, it says so, and the tests of that client are skipped.
set -euo pipefail
cd "$(dirname "$0")/../examples/javascript"

sum=$(sha256sum package-lock.json | cut -d ' ' -f 1)
stamp=node_modules/.stamp
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then exit 0; fi
if ! command -v npm >/dev/null; then
  echo "There is no npm here: the client in JavaScript is not tested" >&2
  exit 0
fi
echo "Installing the packages of examples/javascript"
# No package needs its scripts: ZeroMQ comes built.
if npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then
  echo "$sum" >"$stamp"
else
  echo "They are not to be had here: the client in JavaScript is not tested" >&2
fi
