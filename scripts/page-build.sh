#!/usr/bin/env bash
# Puts the page and the engine that it runs where `go build ./cmd/dhfs` embeds them: page-build.sh [QUALITY], of brotli, 11 by default.
# What the page is bundled from needs Node only when it changes: scripts/page-bundle.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
scripts/wasm-build.sh "$dir"
go run ./cmd/dhfs/page/pack "${1:-11}" cmd/dhfs/page/packed cmd/dhfs/page/built/* "$dir"/{dhfs.wasm,wasm_exec.js,worker.js}
