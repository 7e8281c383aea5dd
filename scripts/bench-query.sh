#!/usr/bin/env bash
# Measures queries on dhfs and its peers; see the flags of test/bench/query.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh node npm
cd test/bench/query
[ -d node_modules ] || npm ci --no-audit --no-fund --ignore-scripts >&2
exec go run . "$@"
