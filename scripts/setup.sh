#!/usr/bin/env bash
# Installs the named tools where they are missing. As root, or with sudo,
# through apt; otherwise it says what is missing and fails.
set -euo pipefail

# package is what brings a command, where the two have different names.
declare -A package=(
    [gcc]="gcc libc6-dev" [fusermount3]=fuse3 [node]=nodejs [pkill]=procps
    [findmnt]=util-linux [mountpoint]=util-linux [setpriv]=util-linux [flock]=util-linux [getfattr]=attr [setfattr]=attr [unshare]=util-linux [su]=util-linux [ssh-keygen]=openssh-client [diff]=diffutils [mksquashfs]=squashfs-tools
)

missing=()
for tool in "$@"; do
    command -v "$tool" >/dev/null || missing+=("${package[$tool]:-$tool}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "setup: missing: ${missing[*]}; install them with: sudo apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null; then
    echo "setup: missing: ${missing[*]}; install them with your package manager" >&2
    exit 1
fi
echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# The names are split into words on purpose.
# shellcheck disable=SC2068
"${as_root[@]}" apt-get install -y -qq ${missing[@]} >/dev/null 2>&1 || {
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq ${missing[@]} >/dev/null
}
