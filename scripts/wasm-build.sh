#!/usr/bin/env bash
# Builds the engine for browsers, and puts it with its JavaScript into a folder: wasm-build.sh DIR.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:?a folder to build into}
mkdir -p "$dir"
GOOS=js GOARCH=wasm go build -trimpath -ldflags '-s -w' -o "$dir/dhfs.wasm" ./cmd/dhfs-wasm
cp cmd/dhfs-wasm/npm/* "$(go env GOROOT)/lib/wasm/wasm_exec.js" "$dir"
