#!/usr/bin/env bash
# Tests what runs in browsers in a headless Chromium: the store in IndexedDB, the engine in a page beside dhfs serve, and the page of dhfs serve itself.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "browser-test: npm is not installed; run scripts/setup.sh npm" >&2; exit 1; }
[ test/browser/node_modules/.package-lock.json -nt test/browser/package-lock.json ] || npm ci --silent --no-audit --no-fund --prefix test/browser
GOOS=js GOARCH=wasm go test -count=1 -exec "node $PWD/test/browser/exec.mjs" ./cas/casidb
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
scripts/wasm-build.sh "$dir/wasm"
scripts/page-build.sh 5
CGO_ENABLED=0 go build -o "$dir/dhfs" ./cmd/dhfs
DHFS=$dir/dhfs WASM=$dir/wasm node --test --test-reporter=spec --test-concurrency=1 test/browser/*.test.mjs
