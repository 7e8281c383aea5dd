#!/usr/bin/env bash
# gofmt, go vet and staticcheck over the whole module; silent when all is well.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$unformatted" ]; then
    echo "gofmt would change:" >&2
    echo "$unformatted" >&2
    exit 1
fi
go vet ./...
vet=$(mktemp)
trap 'rm -f "$vet"' EXIT
(cd scripts/vet && go vet . && go build -o "$vet" .)
GOOS=darwin "$vet" ./...
GOOS=windows "$vet" ./...
browser=(./cas/casidb ./cas/cashttp ./cas/internal/promise ./cmd/dhfs-wasm)
GOOS=js GOARCH=wasm go vet "${browser[@]}"
(cd test/bench/query && go vet ./...)

command -v npm >/dev/null && scripts/page-bundle.sh --check

version=v0.8.2
check=$(go env GOPATH)/bin/staticcheck
if ! "$check" -version 2>/dev/null | grep -qF "${version#v}"; then
    go install "honnef.co/go/tools/cmd/staticcheck@$version"
fi
"$check" ./...
GOOS=js GOARCH=wasm "$check" "${browser[@]}"
(cd test/bench/query && "$check" ./...)
(cd scripts/vet && "$check" .)
