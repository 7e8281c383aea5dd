#!/usr/bin/env bash
# Installs what the named tools need and the machine lacks. As root, or with
# sudo, through apt; otherwise it says what is missing and fails.
set -euo pipefail

declare -A command=([gcc]=gcc [fuse3]=fusermount3 [rsync]=rsync [node]=node [vim]=vim [zstd]=zstd [npm]=npm [pkill]=pkill)
declare -A package=([gcc]="gcc libc6-dev" [fuse3]=fuse3 [rsync]=rsync [node]="nodejs npm" [vim]=vim-tiny [zstd]=zstd [npm]=npm [pkill]=procps)

missing=()
for tool in "$@"; do
    case $tool in
        vim) command -v vim >/dev/null || command -v vi >/dev/null || missing+=("${package[$tool]}") ;;
        *) command -v "${command[$tool]}" >/dev/null || missing+=("${package[$tool]}") ;;
    esac
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "setup: missing: ${missing[*]}; install them with: sudo apt-get install ${missing[*]}" >&2
        exit 1
    fi
fi
if ! command -v apt-get >/dev/null; then
    echo "setup: missing: ${missing[*]}; install them with your package manager" >&2
    exit 1
fi
echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# The list of names is split into words on purpose.
# shellcheck disable=SC2068
"${as_root[@]}" apt-get install -y -qq ${missing[@]} >/dev/null 2>&1 || {
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq ${missing[@]} >/dev/null
}
