#!/usr/bin/env bash
# Puts the page and the engine that it runs where `go build ./cmd/dhfs` embeds them: page-build.sh [QUALITY], of brotli, 11 by default.
# What the page is bundled from needs Node only when it changes: scripts/page-bundle.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
scripts/wasm-build.sh "$dir"
quality=${1:-11}
go run ./cmd/dhfs/page/pack "$quality" cmd/dhfs/page/packed cmd/dhfs/page/built/* "$dir"/{dhfs.wasm,wasm_exec.js,worker.js}
size=$(wc -c <cmd/dhfs/page/packed/dhfs.wasm.br)
if [ "$quality" = 11 ] && [ "$size" -gt 3000000 ]; then
    echo "page-build: dhfs.wasm takes $size bytes when packed, which should be 3,000,000 at most" >&2
    exit 1
fi
