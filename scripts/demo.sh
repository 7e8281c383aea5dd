#!/usr/bin/env bash
# The README's tour, for real: import, mount, browse, query, diff, back up,
# unmount. Prints each command and what it answers. Needs dhfs in PATH.
set -euo pipefail
data=$(cd "$(dirname "$0")/../test/data/shop" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/dhfs-tour.XXXXXX")
export DHFS_AUTHOR=${DHFS_AUTHOR:-demo}
export XDG_STATE_HOME=$dir/state

finish() {
    status=$?
    dhfs umount "$dir/mnt" 2>/dev/null || true
    chmod -R u+w "$dir" # the backup has the modes of the tree, which is read-only
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT

cd "$dir"
cp "$data"/*.csv .

# run prints a command, runs it, and fails the tour when its exit code is not the one expected.
run() {
    local want=0
    if [ "$1" = -1 ]; then want=1; shift; fi
    printf '\n$ %s\n' "$*"
    set +e
    bash -c "$*"
    local got=$?
    set -e
    if [ "$got" -ne "$want" ]; then
        echo "exit code $got, want $want" >&2
        exit 1
    fi
}

run "dhfs import shop customers.csv --as customer --key id"
run "dhfs import shop orders.csv --as order --key id --ref customer=customer/id"
run "dhfs mount shop mnt --daemon"
run "ls mnt"
run "ls mnt/head/entities"
run "ls mnt/head/entities/customer | head -5"
run "cat mnt/head/entities/customer/ALFKI/city"
run "cat mnt/head/entities/order/10643/customer"
run "grep -r Berlin mnt/head/entities"
run "echo '[:find ?name (count ?o) :where [?o :order/customer ?c] [?c :customer/name ?name]]' > mnt/query/orders.dl"
run "sort -t \$'\\t' -k2 -rn mnt/query/orders.tsv | head -5"
run "dhfs tx shop '[{:customer/id \"ALFKI\" :customer/city \"Potsdam\"}]' -m 'moved'"
run -1 "diff -r mnt/at/main~1 mnt/head"
run -1 "dhfs diff shop@main~1 shop"
run "dhfs query shop@main~1 '[:find ?city . :where [?c :customer/id \"ALFKI\"] [?c :customer/city ?city]]'"
run "rsync -a mnt/head/ backup/"
run "cat backup/entities/customer/ALFKI/city"
run "dhfs log shop"
run "dhfs umount mnt"
run "dhfs verify shop"
printf '\nThe tour is over; everything it printed came from the database that it made.\n'
