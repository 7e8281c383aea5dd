#!/usr/bin/env bash
# Runs the tests of the given packages compiled for js/wasm in a headless Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- ./cas/casidb
[ -d test/browser/node_modules ] || npm ci --silent --no-audit --no-fund --prefix test/browser
GOOS=js GOARCH=wasm go test -count=1 -exec "node $PWD/test/browser/exec.mjs" "$@"
