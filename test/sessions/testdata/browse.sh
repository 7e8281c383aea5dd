# Looking around in a database of 100,000 entities.
dhfs mount "$BIG/db" mnt --daemon
cd mnt/head/entities
echo '== counts'
cat person/.count order/.count
find person -name city | wc -l
find order -name 'o?????' -prune -print | wc -l
echo '== by name'
cat person/p000000/name
cat person/p000000/.refs/boss/name
ls person/p000000/.back/order.person | wc -l
ls -d person/p000000/ person/nobody 2>/dev/null || [ $? = 2 ]
echo '== grep'
grep -rlx Potsdam --include=city person | wc -l
grep -rhx --include=city '[KU].*' person | sort | uniq -c
find person -name born -size 25c -newermt 2020-01-01 | wc -l
echo '== a page'
page=$(find order -mindepth 3 -maxdepth 3 -name '*+' | sort | head -n 1)
basename "$page"
find "$page" -name cents -size -4c | wc -l
grep -rhE '^person/p00' "$page" | sort | uniq -c
echo '== tables'
tail -n +2 order/.csv | awk -F , '{ cents += $4 } END { printf "%d %.0f\n", NR, cents }'
echo '== a query'
echo '[:find ?city (sum ?n) :with ?o :where [?p :person/city ?city] [?o :order/person ?p] [?o :order/cents ?n]]' > "$HOME/mnt/query/cities.dl"
tail -n +2 "$HOME/mnt/query/cities.tsv" | sort
cd "$HOME"
