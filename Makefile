# Everyday commands. The build itself is in CMake (CMakePresets.json).
PRESETS ?= release

.PHONY: help deps build demo test bench claims clean

help:
	@echo "make demo    install what is missing, build, and run a demonstration"
	@echo "make test    install what is missing, build, and run all tests"
	@echo "             (PRESETS=\"release clang asan tsan fuzz\" for more than the release build)"
	@echo "make build   install what is missing, and build build/release/{bin/hftsim,lib/libhftsim.so}"
	@echo "make bench   run the benchmarks; prints JSON"
	@echo "make claims  run claims without a current result (ONLY='frameworks/*' for some)"
	@echo "make deps    only install the packages for build and tests (Debian, Ubuntu)"
	@echo "make clean   remove the builds and .venv"

deps:
	@scripts/deps.sh test

build:
	@scripts/deps.sh build
	cmake --preset release
	cmake --build --preset release --target hftsim hftsim_library

demo: build
	@scripts/venv.sh demo
	.venv/bin/python scripts/demo.py

test: deps
	@scripts/venv.sh test
	@scripts/node.sh
	@scripts/test.py $(PRESETS)

bench: build
	build/release/bin/hftsim bench

# docs/claims.md
claims: deps
	@scripts/venv.sh test
	cmake --preset release
	cmake --build --preset release
	.venv/bin/python claims/claims.py $(if $(ONLY),--only '$(ONLY)')

clean:
	rm -rf build .venv
