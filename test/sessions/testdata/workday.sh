# A day's work: a report that make keeps true, a backup before and after a change, and a restore of it.
dhfs import -q shop customers.csv --as customer --key id
dhfs import -q shop orders.csv --as order --key id --ref customer=customer/id
dhfs mount shop mnt --daemon

echo '== make'
cat > mnt/query/country.dl <<'EDN'
[:find ?country (count ?o) :where [?o :order/customer ?c] [?c :customer/country ?country]]
EDN
cat > Makefile <<'MAKE'
report.txt: mnt/query/country.tsv
	@echo building >&2
	@tail -n +2 $< | sort > $@
MAKE
make -s report.txt 2>&1
cat report.txt
echo '== again'
make -s report.txt 2>&1
make -q report.txt && echo up to date
echo '== after a change that the report does not show'
dhfs set -q shop customer/ALFKI city=Potsdam
make -s report.txt 2>&1
echo '== after one that it shows'
dhfs set -q shop customer/ALFKI country=Utopia --author visitor -m 'moved away'
make -s report.txt 2>&1
grep Utopia report.txt
echo '== after another query'
echo '[:find (count ?o) . :where [?o :order/id]]' > mnt/query/country.dl
make -s report.txt 2>&1
cat report.txt
echo '== after a query that is wrong'
echo '[:find (count ?o) . :where [?o :order/di]]' > mnt/query/country.dl
make -s report.txt 2>/dev/null || echo no report
cat mnt/query/country.err

echo '== backup'
rsync -a mnt/head/ mnt/head/.history.edn backup/
diff -r mnt/head/ backup/ || [ $? = 1 ]
echo '== a second one copies what changed'
dhfs tx -q shop '[{:order/id 10643 :order/freight 1.5} [:db/retractEntity [:order/id 10692]] {:order/id 99999 :order/customer [:customer/id "ALFKI"]}]'
rsync -ai --delete mnt/head/ mnt/head/.history.edn backup/ | grep -v '^[.]d' | sort
rsync -aic --dry-run --delete mnt/head/ mnt/head/.history.edn backup/
echo '== restore'
dhfs import -q restored backup
cmp <(dhfs stat shop | grep ^root) <(dhfs stat restored | grep ^root) && echo the same root
dhfs mount restored mnt2 --daemon
diff -r mnt/head/ mnt2/head/ && echo the same files
cat mnt2/at/t1/entities/customer/ALFKI/city
cmp <(cut -f 1,2,4- mnt/log.tsv) <(cut -f 1,2,4- mnt2/log.tsv) && echo the same times, authors and messages
cmp mnt/head/.history.edn mnt2/head/.history.edn && echo the same history
dhfs import restored backup 2>&1
dhfs verify -q restored
echo '== edited by hand'
chmod u+w backup/entities/customer/ANTON backup/entities/customer/ANTON/city
echo Puebla > backup/entities/customer/ANTON/city
dhfs import -q restored backup
diff -r mnt/head/ mnt2/head/ || [ $? = 1 ]
