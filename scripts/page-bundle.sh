#!/usr/bin/env bash
# Bundles the page's sources into cmd/dhfs/page/built, which is kept in git; with --check it tells whether what is there is what they make.
set -euo pipefail
cd "$(dirname "$0")/../cmd/dhfs/page"
command -v npm >/dev/null || { echo "page-bundle: npm is not installed; run scripts/setup.sh npm" >&2; exit 1; }
[ node_modules -nt package-lock.json ] || { npm ci --silent --no-audit --no-fund && touch node_modules; }
[ "${1:-}" = --check ] || exec node build.mjs
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
node build.mjs "$dir"
diff -rq built "$dir" >&2 || { echo "page-bundle: cmd/dhfs/page/built is not what src makes; run scripts/page-bundle.sh" >&2; exit 1; }
