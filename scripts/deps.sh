#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that hftsim needs: deps.sh [build|test]
#   build  packages to build and run it
#   test   (default) also the packages for its tests
# Installed packages are skipped: a second run is instant and needs no network.
set -euo pipefail

# "a|b" means a or b, whichever is installed or available.
build=(
  gcc libc6-dev make cmake ninja-build 'pkg-config|pkgconf' git
  libzmq3-dev 'libmsgpack-dev|libmsgpack-c-dev' libmicrohttpd-dev libsodium-dev
  libhdf5-dev
  'libopenblas-pthread-dev|libopenblas-openmp-dev|libopenblas-serial-dev' liblapacke-dev
  libsleef-dev liblbfgs-dev libyaml-dev libjansson-dev libcmocka-dev python3 python3-venv)
# g++ and pcg-cpp check the random numbers; clang is the second compiler and has the fuzzer;
# doxygen checks that the C API is documented.
test=(g++ libpcg-cpp-dev clang clang-format clang-tidy doxygen)
# Chromium shows the page of hftsim report. Ubuntu has it as a snap only, which may not start in a
# container: there the tests that need it are skipped.
if grep -qsx 'ID=debian' /etc/os-release; then test+=(chromium); fi

case "${1:-test}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  *) echo "usage: scripts/deps.sh [build|test]" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  {
    echo "This is not Debian or Ubuntu: install the equivalents of these packages:"
    printf '  %s\n' "${wanted[@]}"
    echo "The build reports libraries that are missing."
  } >&2
  exit 0
fi

declare -A there
while read -r name status; do
  [ "$status" = installed ] && there[$name]=yes
done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n')

# The sanitizers' libraries of clang are in a package of the compiler's version: libclang-rt-14-dev.
clang_runtime() {
  {
    dpkg-query -W -f 'Depends: ${Depends}\n' clang 2>/dev/null || apt-cache show clang 2>/dev/null
  } | sed -n 's/^Depends:.*\bclang-\([0-9][0-9]*\)\b.*/libclang-rt-\1-dev/p' | head -n 1 || true
}
runtime=
if [ "${1:-test}" = test ]; then
  runtime=$(clang_runtime)
  wanted+=("$runtime")
fi

missing=()
for entry in "${wanted[@]}"; do
  found=
  for name in ${entry//|/ }; do
    [ -z "${there[$name]:-}" ] || found=yes
  done
  [ -n "$found" ] || [ -z "$entry" ] || missing+=("$entry")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Packages to install: ${missing[*]%%|*}"
as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "sudo was not found. As root, run: apt-get install ${missing[*]%%|*}" >&2
    exit 1
  fi
  echo "Installing them needs root: sudo may ask for your password."
  as_root=(sudo "${as_root[@]}")
fi
"${as_root[@]}" apt-get update -q

install=()
for entry in "${missing[@]}"; do
  for name in ${entry//|/ }; do
    if apt-cache show "$name" >/dev/null 2>&1; then break; fi
  done
  install+=("$name")
done
# The available version of clang may be known only now.
if [ "${1:-test}" = test ] && [ -z "$runtime" ]; then install+=("$(clang_runtime)"); fi
"${as_root[@]}" apt-get install -q -y --no-install-recommends "${install[@]}"
