# The books of Chinook, a transaction for each day, written by whoever looks after the customer; in the second quarter of 2024 somebody
# changes three things. An auditor finds what, when and by whom.
cat > schema.edn <<'EDN'
{:tx-data [{:db/id "datomic.tx" :db/txInstant #inst "2020-12-31T12:00:00Z"}
 {:db/ident :customer/id :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :customer/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :customer/email :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :invoice/id :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :invoice/customer :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
 {:db/ident :invoice/country :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :invoice/total :db/valueType :db.type/double :db/cardinality :db.cardinality/one}
 {:db/ident :invoice/lines :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
 {:db/ident :line/id :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :line/track :db/valueType :db.type/long :db/cardinality :db.cardinality/one}] :by "Andrew Adams" :msg "the books are opened"}
EDN
python3 - > books.edn <<'PY'
import csv, itertools
def rows(name):
    with open(name + ".csv", newline="") as f:
        return list(csv.DictReader(f))
people = {e["id"]: e["first"] + " " + e["last"] for e in rows("employees")}
customers = {c["id"]: c for c in rows("customers")}
lines = {k: list(v) for k, v in itertools.groupby(rows("invoice-lines"), lambda l: l["invoice"])}
books = [("2021-01-01T00:00:00Z", "Andrew Adams", "customers", " ".join(
    '{:customer/id %s :customer/name "%s %s" :customer/email "%s"}' % (c["id"], c["first"], c["last"], c["email"]) for c in customers.values()))]
for day, invoices in itertools.groupby(sorted(rows("invoices"), key=lambda i: i["date"]), lambda i: i["date"]):
    invoices = list(invoices)
    books.append((day[:10] + "T17:00:00Z", people[customers[invoices[0]["customer"]]["support"]], "invoices of " + day[:10], " ".join(
        '{:invoice/id %s :invoice/customer {:customer/id %s} :invoice/country "%s" :invoice/total %s :invoice/lines [%s]}' % (
            i["id"], i["customer"], i["country"], float(i["total"]), " ".join("{:line/id %s :line/track %s}" % (l["id"], l["track"]) for l in lines[i["id"]]))
        for i in invoices)))
books += [
    ("2024-04-20T22:10:00Z", "Steve Johnson", "rounding", "{:invoice/id 250 :invoice/total 0.99}"),
    ("2024-05-17T23:30:00Z", "Michael Mitchell", "as asked for by phone", '{:customer/id 12 :customer/email "roberto@elsewhere.example"}'),
    ("2024-06-08T03:00:00Z", "Robert King", "was there twice", "[:db/retractEntity [:invoice/id 240]]"),
]
for at, by, msg, forms in sorted(books):
    print('{:tx-data [{:db/id "datomic.tx" :db/txInstant #inst "%s"} %s] :by "%s" :msg "%s"}' % (at, forms, by, msg))
PY
dhfs import -q chinook schema.edn books.edn
begin=chinook@2024-03-31 end=chinook@2024-06-30
refs=':invoice/customer|:invoice/lines'

echo '== what is no longer as it was'
(dhfs diff $begin $end --format tsv || [ $? = 1 ]) | awk -F '\t' '$1 == "-" {print $3 "\t" $4}' | grep -vE "$refs" | sort
echo '== the same by one query of two times'
dhfs query $end '[:find ?a ?was ?e :in $ $then :where [$then ?e ?a ?was] (not [?e ?a ?was])]' --with then=$begin --format tsv | tail -n +2 | cut -f 1,2 | grep -vE "$refs" | sort
echo '== what was put in its place'
dhfs query $end '[:find ?a ?was ?is :in $ $then :where [$then ?e ?a ?was] (not [?e ?a ?was]) [?e ?a ?is]]' --with then=$begin --format tsv | tail -n +2 | sort
echo '== blame'
dhfs blame $end invoice/250 total --format json | python3 -c 'import json, sys; [print(b["value"], b["time"][:19], b["author"], b["message"], sep="|") for b in json.load(sys.stdin)]'
dhfs blame $end customer/12 email --format json | python3 -c 'import json, sys; [print(b["value"], b["time"][:19], b["author"], b["message"], sep="|") for b in json.load(sys.stdin)]'
echo '== who removed it'
tx=$(dhfs query $end '[:find (max ?t) . :where [?i :invoice/id 240 ?tx false] [(tx->t ?tx) ?t]]' --history --format tsv | tail -n 1)
dhfs show "chinook@t$tx" | grep -E '^(author|message|time)'
echo '== nothing else was changed by anybody in the quarter'
dhfs log $end --format json | python3 -c '
import json, sys
print(sum(c["retracted"] > 0 and c["time"] > "2024-04-01" for c in json.load(sys.stdin)))'
echo '== in the quarter before, nothing'
dhfs query chinook@2024-03-31 '[:find ?a ?was ?e :in $ $then :where [$then ?e ?a ?was] (not [?e ?a ?was])]' --with then=chinook@2023-12-31 --format tsv | tail -n +2
