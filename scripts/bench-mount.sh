#!/usr/bin/env bash
# Measures the mount and its peers; see the flags of test/bench/mount.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh fusermount3 rsync squashfuse mksquashfs restic
exec go run ./test/bench/mount -dhfs bin/dhfs "$@"
