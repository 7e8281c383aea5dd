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
	m.want("cp pay/query/a.dl query/a.dl; cat query/a.err", "1:1: $ could be any database of this mount\ndatabases of this mount: $people $pay; the query/ of each has this query too, and there $ is that one\n")
}

// TestJoinedQueriesInCommits has queries of the root answer in the query/ of databases and commits: the directory's database is
// at its commit, the others are as they are now.
func TestJoinedQueriesInCommits(t *testing.T) {
	tree, _, pay := twoDatabases(t)
	m := mount(t, tree)
	m.sh(`cat > query/join.dl <<'END'
[:find ?m ?age ?amount :in $people $pay :where [$people ?e :person/email ?m] [$people ?e :person/age ?age] [$pay ?p :pay/email ?m] [$pay ?p :pay/amount ?amount]]
END
cat > query/fixed.dl <<'END'
{:query [:find ?m ?age ?amount :in $people $p :where [$people ?e :person/email ?m] [$people ?e :person/age ?age] [$p ?p :pay/email ?m] [$p ?p :pay/amount ?amount]]
 :sources {$people "people@t2" $p "pay@t2"}}
END
echo '[:find ?a :in $pay :where [$pay _ :pay/amount ?a]]' > query/other.dl
echo '[:find ?a :where [_ :pay/amount ?a]]' > query/own.dl`)
	tail := func(path, want string) {
		t.Helper()
		m.want("tail -n +2 "+path, want)
	}
	const now, ben = "ada@example.org\t37\t120\n", "ben@example.org\t40\t90\n"
	for _, dir := range []string{"query/", "people/query/", "pay/query/", "people/head/query/", "pay/head/query/", "pay/at/t3/query/"} {
		tail(dir+"join.tsv", now+ben)
	}
	tail("people/at/t2/query/join.tsv", "ada@example.org\t36\t120\n"+ben)
	tail("pay/at/t2/query/join.tsv", "ada@example.org\t37\t100\n"+ben)
	m.want("diff people/at/t2/query/join.tsv people/head/query/join.tsv || true", "2c2\n< ada@example.org\t36\t120\n---\n> ada@example.org\t37\t120\n")
	// What the query says of a source holds everywhere.
	for _, dir := range []string{"query/", "people/head/query/", "pay/at/t3/query/"} {
		tail(dir+"fixed.tsv", "ada@example.org\t36\t100\n"+ben)
	}
	// A query that does not ask the directory's database is answered there all the same.
	tail("people/at/t2/query/other.tsv", "90\n120\n")
	tail("pay/at/t2/query/other.tsv", "90\n100\n")
	// $ is the database of the directory.
	m.want("cut -d: -f3 query/own.err | head -1; cut -d: -f3,4 people/query/own.err | head -1; ls query/own.tsv 2>&1 | cut -d: -f3", " $ could be any database of this mount\n there is no attribute :pay/amount\n No such file or directory\n")
	tail("pay/query/own.tsv", "90\n120\n")
	tail("pay/at/t2/query/own.tsv", "90\n100\n")
	// Nothing of this is listed, and a query of that name beside it comes first.
	m.want("ls -A people/query pay/head/query/", "pay/head/query/:\n\npeople/query:\n")
	m.sh(`echo '[:find ?a :where [_ :pay/email ?a]]' > pay/query/own.dl; echo '[:find (count ?a) :where [_ :pay/email ?a]]' > pay/at/t2/query/own.dl`)
	tail("pay/at/t3/query/own.tsv", "ada@example.org\nben@example.org\n")
	tail("pay/at/t2/query/own.tsv", "2\n")
	m.sh("rm pay/query/own.dl pay/at/t2/query/own.dl")
	tail("pay/at/t2/query/own.tsv", "90\n100\n")
	// The other databases move on.
	m.want("grep -c commit people/at/t2/query/join.basis", "2\n")
	pay.tx(`[{:pay/email "ada@example.org" :pay/amount 1}]`)
	tail("people/at/t2/query/join.tsv", "ada@example.org\t36\t1\n"+ben)
	tail("pay/at/t2/query/join.tsv", "ada@example.org\t37\t100\n"+ben)
	m.sh("rm query/join.dl")
	m.want("ls people/at/t2/query/join.tsv 2>&1 | cut -d: -f3", " No such file or directory\n")
}
