package fs_test

import (
	"strings"
	"testing"
)

func TestQueryFiles(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	m.want(`cd query; echo '[:find ?name ?age :where [?e :person/name ?name] [?e :person/age ?age]]' > ages.dl; cat ages.tsv`,
		"name\tage\nAda\t37\nBen\t40\n")
	m.want("stat -c %s query/ages.tsv; ls query", "23\nages.dl\n")
	m.want("cat query/ages.csv", "name,age\nAda,37\nBen,40\n")
	m.want("cat query/ages.json", "[{\"name\":\"Ada\",\"age\":37},\n {\"name\":\"Ben\",\"age\":40}]\n")
	m.want("cat query/ages.edn", "#{[\"Ada\" 37]\n  [\"Ben\" 40]}\n")
	m.want("cat query/ages.txt", "name  age\n----  ---\nAda    37\nBen    40\n")
	m.want("head -1 query/ages.plan | cut -d' ' -f1,2", "2 rows,\n")
	m.want("grep -c "+s.ids[2]+" query/ages.basis", "1\n")
	m.want("cat query/ages.err 2>&1 || true", "cat: query/ages.err: No such file or directory\n")
	m.want("tail -n +2 commits/"+s.ids[1]+"/query/ages.tsv", "Ada\t36\nBen\t40\n")
	m.want("ls at/t2/query; diff at/t2/query/ages.tsv head/query/ages.tsv || true", "2c2\n< Ada\t36\n---\n> Ada\t37\n")
	m.want("cat commits/"+s.ids[0]+"/query/ages.tsv 2>&1 | tail -1; cat commits/"+s.ids[0]+"/query/ages.txt", "name\tage\nname  age\n----  ---\n")
	m.want(`echo '[:find ?x . :where [_ :order/id ?x]' > at/t2/query/mine.dl; ls at/t2/query; cut -c1-15 at/t2/query/mine.err; ls at/t2/query/mine.tsv 2>&1 || true`,
		"mine.dl\n1:1: the vector\nls: cannot access 'at/t2/query/mine.tsv': No such file or directory\n")
}

func TestQueryErrors(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	for query, want := range map[string]string{
		"[:find ?x :where\n [_ :person/nme ?x]]":                                          "2:5: ",
		"[:find ?x :where [?e :person/name ?y]]":                                          "?x",
		"[:find ?x :in $nowhere :where [$nowhere _ :person/name ?x]]":                     "databases of this mount: $people",
		`{:query [:find ?x :in $p :where [$p _ :person/name ?x]] :sources {$p "at/t77"}}`: "t77",
		"": "2:1: ",
		"[:find ?y :where [_ :person/name ?x]\n [(cuont ?x) ?y]]":   "2:4: there is no function cuont\ndid you mean count?\n",
		"[:find ?y :where [_ :person/name ?x] [(uper-case ?x) ?y]]": "did you mean clojure.string/upper-case?\n",
	} {
		out := m.sh("cat > query/q.dl <<'END'\n" + query + "\nEND\n ! test -e query/q.tsv; ! test -e query/q.plan; cat query/q.err")
		if !strings.Contains(out, want) {
			t.Errorf("%s\n%s\nwant %s", query, out, want)
		}
	}
	m.want("echo '[:find (count ?x) . :where [_ :person/name ?x]]' > query/q.dl; cat query/q.json; ! test -e query/q.err", "3\n")
}

func TestQuerySources(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	m.want(`cat > query/grown.dl <<'END'
{:query [:find ?name ?before ?now :in $ $then ?least :where [?e :person/name ?name] [?e :person/age ?now] [$then ?e :person/age ?before] [(< ?before ?now)] [(< ?least ?now)]]
 :sources {$then "at/t2"} :args [20] :limit 10}
END
cat query/grown.tsv`, "name\tbefore\tnow\nAda\t36\t37\n")
	m.want(`echo '[:find ?x :in $people :where [$people _ :order/id ?x]]' > query/in.dl; tail -n +2 query/in.tsv`, "1\n2\n")
	for _, where := range []string{"people@main", "main", "head", "people", "at/main", s.ids[2]} {
		m.want(`echo '{:query [:find (count ?x) . :in $p :where [$p _ :person/age ?x]] :sources {$p "`+where+`"}}' > query/in.dl; cat query/in.edn`, "2\n")
	}
	m.want(`echo '{:query [:find ?a ?op :where [_ :person/age ?a _ ?op]] :sources {$ "history"}}' > query/in.dl; tail -n +2 query/in.tsv; grep -c ":history true" query/in.basis`,
		"36\tfalse\n36\ttrue\n37\ttrue\n40\ttrue\n1\n")
	m.want(`echo '{:query [:find ?a :in $new :where [$new _ :person/age ?a]] :sources {$new "since/t2"}}' > query/in.dl; tail -n +2 query/in.tsv`, "37\n")
	m.want(`echo '{:query [:find ?a :in $new :where [$new _ :person/age ?a]] :sources {$new "since/t77"}}' > query/in.dl; cut -c1-32 query/in.err`, "1:1: $new: rev \"t77\": transactio\n")
}

func TestResultFollowsTheHead(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	m.want(`echo '[:find (max ?x) . :where [_ :person/age ?x]]' > query/max.dl; cat query/max.edn; readlink head`, "40\ncommits/"+s.ids[2]+"\n")
	before := m.sh("stat -c '%Y %i' query/max.edn")
	s.tx(`[{:person/email "ada@example.org" :person/name "Ada L."}]`)
	m.want("readlink head; cat query/max.edn; tail -1 log.tsv | cut -f1,7", "commits/"+s.ids[3]+"\n40\n4\tstep 4\n")
	if after := m.sh("stat -c '%Y %i' query/max.edn"); after != before {
		t.Errorf("the same bytes: %s, before %s", after, before)
	}
	s.tx(`[{:person/email "ada@example.org" :person/age 50}]`)
	m.want("cat query/max.edn; tail -1 log.tsv | cut -f1,7", "50\n5\tstep 5\n")
	if after := m.sh("stat -c '%Y %i' query/max.edn"); after == before {
		t.Error("other bytes, but the same time")
	}
	m.want("readlink branches/main; ls branches tags; ls commits | wc -l", "../commits/"+s.ids[4]+"\nbranches:\nmain\n\ntags:\n6\n")
}

func TestOpenFilesKeepTheirCommit(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	shell := m.start("cd head/entities/person; echo ready; read _; cat ada@example.org/age; readlink /proc/self/cwd")
	s.tx(`[{:person/email "ada@example.org" :person/age 50}]`)
	if got, want := shell.finish("\n"), "37\n"+m.dir+"/commits/"+s.ids[2]+"/entities/person\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	m.want("cat head/entities/person/ada@example.org/age", "50\n")
}

func TestQueryThatTakesTooLong(t *testing.T) {
	s := manySample(t, 300)
	m := mount(t, s.tree())
	m.want(`cat > query/q.dl <<'END'
{:query [:find (count ?s) . :where [?a :person/age ?x] [(range 1000000) [?n ...]] [(str ?n) ?s]] :timeout 20}
END
! test -e query/q.tsv; grep -c longer query/q.err`, "1\n")
	m.want(`echo '[:find (count ?a) . :where [?a :person/age]]' > query/q.dl; cat query/q.edn; ! test -e query/q.err`, "300\n")
}
