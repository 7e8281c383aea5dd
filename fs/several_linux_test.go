package fs_test

import (
	"testing"
	"testing/fstest"

	"github.com/dhfs/dhfs/fs"
)

// twoDatabases are people and what they are paid, kept apart.
func twoDatabases(t testing.TB) (*fs.Tree, *sample, *sample) {
	people, pay := peopleSample(t), newSample(t)
	pay.tx(`[{:db/ident :pay/email :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
	         {:db/ident :pay/amount :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]`)
	pay.tx(`[{:pay/email "ada@example.org" :pay/amount 100} {:pay/email "ben@example.org" :pay/amount 90}]`)
	pay.tx(`[{:pay/email "ada@example.org" :pay/amount 120}]`)
	return fs.New([]fs.Database{{Name: "people", Store: people.store}, {Name: "pay", Store: pay.store}}, fs.Options{Now: people.now}), people, pay
}

func TestSeveralDatabases(t *testing.T) {
	tree, _, _ := twoDatabases(t)
	if err := fstest.TestFS(tree, "people/log.tsv", "pay/README.md"); err != nil {
		t.Fatal(err)
	}
	m := mount(t, tree)
	m.want("ls; ls pay", "pay\npeople\nquery\nREADME.md\nat\nbranches\ncommits\ndiff\nhead\nlog.tsv\nquery\ntags\n")
	const join = `[:find ?name ?now ?amount :in $people $pay :where [$people ?e :person/email ?m] [$people ?e :person/name ?name] [$people ?e :person/age ?now] [$pay ?p :pay/email ?m] [$pay ?p :pay/amount ?amount]]`
	m.want("echo '"+join+"' > query/join.dl; tail -n +2 query/join.tsv", "Ada\t37\t120\nBen\t40\t90\n")
	m.want(`echo '{:query `+join+` :sources {$people "people@main~1" $pay "pay@t2"}}' > query/then.dl; tail -n +2 query/then.tsv`, "Ada\t36\t100\nBen\t40\t90\n")
	m.want("echo '[:find ?a :where [_ :pay/amount ?a]]' > pay/query/a.dl; tail -n +2 pay/query/a.tsv; tail -n +2 pay/at/t2/query/a.tsv", "90\n120\n90\n100\n")
	m.want("cp pay/query/a.dl query/a.dl; cat query/a.err", "1:1: $ could be any database of this mount\ndatabases of this mount: $people $pay\n")
}
