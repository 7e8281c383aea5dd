#!/usr/bin/env bash
# One query over the databases of four teams: a catalog in a bucket, an inventory in another, people in PostgreSQL, prices in a
# file. Needs dhfs in PATH, and CATALOG, STOCK and PEOPLE: URLs of databases that are still empty (make demo-teams starts real
# servers for them). Prints each command and what it answers.
set -euo pipefail
data=$(cd "$(dirname "$0")/../test/data/teams" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/dhfs-teams.XXXXXX")
export DHFS_AUTHOR=${DHFS_AUTHOR:-demo}
export XDG_STATE_HOME=$dir/state XDG_CACHE_HOME=$dir/cache

finish() {
    status=$?
    dhfs umount "$dir/mnt" 2>/dev/null || true
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT

cd "$dir"
cp "$data"/*.csv .
cat > reorder.dl <<'END'
[:find ?product ?units ?amount ?buyer
 :in $ $stock $prices $people
 :where [$stock ?s :stock/units ?units]
        [(< ?units 5)]
        [$stock ?s :stock/product ?id]
        [?p :product/id ?id]
        [?p :product/name ?product]
        [?p :product/buyer ?who]
        [$people ?e :person/id ?who]
        [$people ?e :person/name ?buyer]
        [$prices ?x :price/product ?id]
        [$prices ?x :price/amount ?amount]
 :order-by [?units ?product]]
END
cat > raised.dl <<'END'
[:find ?product ?before ?now
 :in $ $then $catalog
 :where [?x :price/product ?id]
        [?x :price/amount ?now]
        [$then ?y :price/product ?id]
        [$then ?y :price/amount ?before]
        [(< ?before ?now)]
        [$catalog ?p :product/id ?id]
        [$catalog ?p :product/name ?product]]
END

# run prints a command, runs it, and fails when it does.
run() {
    printf '\n$ %s\n' "$*"
    bash -c "$*"
}

run 'dhfs import "$CATALOG" catalog.csv --as product --key id -q'
run 'dhfs import "$STOCK" inventory.csv --as stock --key product -q'
run 'dhfs import "$PEOPLE" people.csv --as person --key id -q'
run 'dhfs import prices prices.csv --as price --key product -q'
run 'dhfs query "$CATALOG" -f reorder.dl --with stock="$STOCK" --with prices=prices --with people="$PEOPLE" --stats --write-basis reorder.basis | tee before.tsv'
run 'cat reorder.basis | head -5'
run "dhfs tx prices '[{:price/product \"P031\" :price/amount 14.75} {:price/product \"P066\" :price/amount 19.0}]' -m 'new prices' -q"
run 'dhfs query prices -f raised.dl --with then=prices@main~1 --with catalog="$CATALOG"'
run "dhfs tx \"\$STOCK\" '[{:stock/product \"P031\" :stock/units 120}]' -m 'delivered' -q"
run "dhfs tx \"\$PEOPLE\" '[{:person/id \"E2\" :person/name \"Andrew B. Fuller\"}]' -q"
run "dhfs tx \"\$CATALOG\" '[{:product/id \"P031\" :product/name \"Gorgonzola\"}]' -q"
run 'dhfs query "$CATALOG" -f reorder.dl --with stock="$STOCK" --with prices=prices --with people="$PEOPLE"'
run 'dhfs query "$CATALOG" --basis reorder.basis --with stock="$STOCK" --with prices=prices --with people="$PEOPLE" > again.tsv; cmp before.tsv again.tsv && echo the same, byte for byte'
run 'dhfs mount catalog="$CATALOG" stock="$STOCK" prices=prices people="$PEOPLE" mnt --daemon'
run 'ls mnt'
run "sed 's/:in \\$ /:in \$catalog /; s/\\[?p /[\$catalog ?p /' reorder.dl > mnt/query/reorder.dl; cat mnt/query/reorder.tsv"
run 'grep -r Gorgonzola mnt/catalog/head/entities/product'
run 'dhfs umount mnt'
printf '\nFour teams were asked at once; none of them copied anything to another.\n'
