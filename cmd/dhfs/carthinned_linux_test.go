package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// A CAR file of a database whose old snapshots were thinned out has what the store has, and says what it has not: whoever imports it opens every commit.
func TestCAROfThinnedDatabase(t *testing.T) {
	dir := emptyDB(t)
	s, err := casfile.Open(t.Context(), filepath.Join(dir, "db"), casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := engine.Connect(t.Context(), s, mainBranch)
	if err != nil {
		t.Fatal(err)
	}
	const commits = 220 // several snapshots
	for i := range commits {
		tx := fmt.Sprintf(`[{:db/ident :note/n%d :db/valueType :db.type/long}]`, i)
		forms, err := edn.Parse(tx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Transact(t.Context(), forms.Items(), engine.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := engine.Tidy(t.Context(), s); err != nil || done.Blocks == 0 {
		t.Fatalf("nothing was thinned out: %+v %v", done, err)
	}
	out, err := inShell(dir, fmt.Sprintf(`dhfs export db --format car -o x.car; dhfs import copy x.car; dhfs verify copy --deep
		for t in 1 63 64 70 130 %d; do cmp <(dhfs schema db@t$t) <(dhfs schema copy@t$t); dhfs schema copy@t$t | wc -l; done; dhfs log copy | wc -l`, commits))
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for _, want := range []string{"listed in it", " 0 damaged", fmt.Sprintf("\n%d\n", commits+2)} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
}
