package fs_test

import (
	"strings"
	"testing"

	"github.com/dhfs/dhfs/fs"
)

// This file is about programs that wait for results to change: tail and make.

func TestTail(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	shell := m.start("timeout 10 tail -n 1 -s 0.6 -f log.tsv 2>/dev/null | while read line; do echo ready; cut -f1,7 <<< \"$line\"; case $line in *'step 4') exit;; esac; done")
	s.tx(`[{:person/email "ada@example.org" :person/age 50}]`)
	if got := shell.finish(""); !strings.Contains(got, "4\tstep 4\n") {
		t.Errorf("tail -f does not see a new line: %s", got)
	}
}

// TestTailOfAResult has tail follow a result while the head moves and while the query is written anew.
func TestTailOfAResult(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	m.sh(`echo '[:find ?name :where [_ :person/name ?name]]' > query/names.dl`)
	shell := m.start(`timeout 20 tail -n +1 -s 0.6 -f query/names.tsv 2>&1 | while read -r line; do case $line in Cy) echo ready; on=1;; *) [ -z "${on-}" ] || echo "$line";; esac; case $line in 40) exit;; esac; done`)
	next := func(want string) string {
		t.Helper()
		var got strings.Builder
		for {
			line, err := shell.out.ReadString('\n')
			got.WriteString(line)
			if err != nil || line == want+"\n" {
				return got.String()
			}
		}
	}
	s.tx(`[{:person/email "zoe@example.org" :person/name "Zoe"}]`)
	if got := next("Zoe"); got != "Zoe\n" {
		t.Errorf("the head moved: %q", got)
	}
	// A shorter text begins anew, as tail says itself.
	m.sh(`echo '[:find ?age :where [_ :person/age ?age]]' > query/names.dl`)
	if got := next("40"); !strings.HasSuffix(got, ": file truncated\nage\n37\n40\n") {
		t.Errorf("the query was written anew: %q", got)
	}
	shell.finish("")
}

func TestMake(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, fs.New([]fs.Database{{Name: "people", Store: s.store}}, fs.Options{})) // with the clock that make has
	m.sh(`echo '[:find (max ?x) . :where [_ :person/age ?x]]' > query/max.dl; echo '[:find ?n :where [_ :person/name ?n]]' > query/names.dl`)
	dir := t.TempDir()
	build := `cd ` + dir + `; cat > Makefile <<'END'
Q := ` + m.dir + `/query
all: max names.gz
max: $Q/max.edn ; @cp -f $< $@ && echo max
names.gz: $Q/names.csv ; @gzip -c $< > $@ && echo names
END
make -s`
	m.want(build, "max\nnames\n")
	m.want(build, "")
	s.tx(`[{:person/email "ben@example.org" :person/bio "a commit that changes no result"}]`)
	m.want(build, "")
	s.tx(`[{:person/email "ada@example.org" :person/name "Ada L."}]`)
	m.want(build, "names\n")
	m.want(build+"; gunzip -c names.gz", "n\nAda L.\nBen\nCy\n")
	s.tx(`[{:person/email "ada@example.org" :person/age 90 :person/name "Ada"}]`)
	m.want(build, "max\nnames\n")
	m.want(build, "")
	// A query that is written anew with the same answer changes nothing either.
	m.sh(`echo '[:find (max ?age) . :where [_ :person/age ?age]]' > query/max.dl`)
	m.want(build, "")
	m.sh(`echo '[:find (min ?age) . :where [_ :person/age ?age]]' > query/max.dl`)
	m.want(build+"; cat max", "max\n40\n")
}
