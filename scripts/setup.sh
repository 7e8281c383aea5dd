#!/usr/bin/env bash
# Installs the named tools where they are missing. Those that are written in Go with go install, all
# others, as root or with sudo, through apt; otherwise it says what is missing and fails.
set -euo pipefail

# package is what brings a command, where the two have different names.
declare -A package=(
    [gcc]="gcc libc6-dev" [fusermount3]=fuse3 [node]=nodejs [pkill]=procps
    [findmnt]=util-linux [mountpoint]=util-linux [setpriv]=util-linux [flock]=util-linux [getfattr]=attr [setfattr]=attr [unshare]=util-linux [su]=util-linux [ssh-keygen]=openssh-client [diff]=diffutils [mksquashfs]=squashfs-tools
    [postgres]=postgresql [mariadbd]=mariadb-server
)

# from_go is what `go install` brings; the first time it takes minutes.
declare -A from_go=(
    [versitygw]=github.com/versity/versitygw/cmd/versitygw@v1.8.0
)

# service is what a package would start by itself. The tests start servers of their own.
declare -A service=([postgresql]=postgresql [mariadb-server]=mariadb)

# Where servers are, besides PATH.
PATH="$PATH:/usr/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)"

missing=()
for tool in "$@"; do
    if [ -n "${from_go[$tool]:-}" ]; then
        PATH="$PATH:$(go env GOBIN):$(go env GOPATH)/bin" command -v "$tool" >/dev/null && continue
        echo "setup: installing $tool" >&2
        go install "${from_go[$tool]}"
        continue
    fi
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

# No service starts because of this, now or later.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# The names are split into words on purpose.
# shellcheck disable=SC2068
"${as_root[@]}" apt-get install -y -qq ${missing[@]} >/dev/null 2>&1 || {
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq ${missing[@]} >/dev/null
}
for name in ${missing[@]}; do
    if [ -n "${service[$name]:-}" ] && [ -d /run/systemd/system ]; then
        "${as_root[@]}" systemctl disable --now "${service[$name]}" >/dev/null 2>&1 || true
    fi
done
