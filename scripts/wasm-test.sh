#!/usr/bin/env bash
# Runs the golden tests (TestGolden…) of the given packages compiled for
# js/wasm, under Node: a root must not depend on the machine it is computed on.
# A package without golden tests fails.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- ./engine/index ./engine
command -v node >/dev/null || { echo "wasm-test: node is not installed; run scripts/setup.sh node" >&2; exit 1; }
run="$(go env GOROOT)/lib/wasm/go_js_wasm_exec"

for package in "$@"; do
    # wasm_exec.js takes 4 KiB of arguments and environment at most.
    out=$(GOOS=js GOARCH=wasm go test -count=1 -v -run '^TestGolden' \
        -exec "env -i PATH=$PATH HOME=${HOME:-/} $run" "$package") || { echo "$out"; exit 1; }
    passed=$(grep -c '^--- PASS: TestGolden' <<<"$out" || true)
    if [ "$passed" -eq 0 ]; then
        echo "wasm-test: $package has no golden tests" >&2
        exit 1
    fi
    echo "$package: $passed golden tests pass on js/wasm"
done
