#!/usr/bin/env bash
# Builds dhfs for every supported platform into dist/: cross.sh [LDFLAGS [FLAG...]].
set -euo pipefail
cd "$(dirname "$0")/.."
ldflags=${1:-"-s -w"}
shift || true
mkdir -p dist
for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do
    os=${target%/*} arch=${target#*/}
    out=dist/dhfs-$os-$arch
    [ "$os" = windows ] && out=$out.exe
    CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath "$@" -ldflags "$ldflags" -o "$out" ./cmd/dhfs
    printf '%-32s %5.1f MB\n' "$out" "$(stat -c %s "$out" | awk '{print $1/1e6}')"
done
