#!/usr/bin/env bash
# Runs the whole-process benchmarks, then the packages' own.
set -euo pipefail
cd "$(dirname "$0")/.."
go run ./test/bench -dhfs bin/dhfs "$@"
