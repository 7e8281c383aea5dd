#!/usr/bin/env bash
# Reads a CAR file with the JavaScript libraries of IPFS and checks every hash and link:
# car-check.sh FILE.car. Installs those libraries first where they are missing.
set -euo pipefail
file=$(realpath "$1")
cd "$(dirname "$0")/../test/car"
command -v npm >/dev/null || { echo "car-check: npm is not installed; run scripts/setup.sh node" >&2; exit 3; }
(
    flock 9 # tests of several packages may be here at once
    [ -d node_modules ] || npm ci --no-audit --no-fund --ignore-scripts >&2
) 9<package.json
exec node check.mjs "$file"
