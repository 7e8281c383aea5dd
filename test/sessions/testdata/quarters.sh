# The books of a shop, a transaction for each day on which there were orders, at the time of that day; two corrections.
cat > schema.edn <<'EDN'
[{:db/id "datomic.tx" :db/txInstant #inst "1996-07-01T08:00:00Z"}
 {:db/ident :customer/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :order/id :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :order/customer :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
 {:db/ident :order/freight :db/valueType :db.type/double :db/cardinality :db.cardinality/one}]
EDN
tail -n +2 orders.csv | sort -t , -k3,3 -k1,1n | awk -F , '
    $3 != day { if (day) print "]"; day = $3; printf "[{:db/id \"datomic.tx\" :db/txInstant #inst \"%sT17:00:00Z\"}\n", day }
    { printf " {:order/id %d :order/customer {:customer/id \"%s\"} :order/freight %.2f}\n", $1, $2, $4 }
    END { print "]" }' > days.edn
# The corrections are put between the days that they came between.
awk '
    /1997-05-0[5-9]/ && !done { done = 1
        print "[{:db/id \"datomic.tx\" :db/txInstant #inst \"1997-05-04T09:00:00Z\"} {:order/id 10400 :order/freight 99.5} [:db/retractEntity [:order/id 10420]]]" }
    { print }' days.edn > books.edn
dhfs import -q books schema.edn books.edn
dhfs mount books mnt --daemon

echo '== diff -r'
diff -r mnt/at/1997-03-31 mnt/at/1997-06-30 || [ $? = 1 ]
echo '== diff/'
tail -n +2 mnt/diff/1997-03-31..1997-06-30.tsv | sort
echo '== backwards'
tail -n +2 mnt/diff/1997-06-30..1997-03-31.tsv | sort
echo '== orders'
for day in 1996-09-30 1996-12-31 1997-03-31 1997-06-30; do
    ls "mnt/at/$day/entities/order" | wc -l
done
echo '== newer'
find mnt/at/1997-06-30/entities/order -name id -newermt 1997-04-01 | wc -l
find mnt/at/1997-06-30/entities/order -newer mnt/at/1997-03-31/entities/order/10490 -name id | wc -l
echo '== dates'
date -r mnt/at/1997-06-30/entities/order/10400/freight +%FT%T
date -r mnt/at/1997-03-31/entities/order/10400/freight +%FT%T
echo '== a query of two quarters'
cat > mnt/query/freight.dl <<'EDN'
{:query [:find ?id ?was ?is :in $then $now :where [$then ?o :order/id ?id] [$then ?o :order/freight ?was] [$now ?o :order/freight ?is] [(not= ?was ?is)]]
 :sources {$then "at/1997-03-31" $now "at/1997-06-30"}}
EDN
tail -n +2 mnt/query/freight.tsv
echo '== the same for every commit'
echo '[:find (count ?o) . :where [?o :order/id]]' > mnt/query/orders.dl
tail -n +2 mnt/at/1997-03-31/query/orders.tsv
tail -n +2 mnt/at/1997-06-30/query/orders.tsv
diff mnt/at/1997-03-31/query/orders.tsv mnt/at/1997-06-30/query/orders.tsv || [ $? = 1 ]
echo '== log'
grep -c 1997-0[456] mnt/log.tsv
echo '== git'
git diff --no-index --name-status mnt/at/1997-03-31/entities mnt/at/1997-06-30/entities >changes || [ $? = 1 ]
cut -f 1 changes | sort | uniq -c | sort
echo '== a second import'
dhfs import books books.edn 2>&1
