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

// A CAR file of a database whose old snapshots were thinned out has them again, so that software that knows nothing of dhfs finds every link. With --thin it has what the store
// has, and says what it has not. Whoever imports either opens every commit.
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
	check, err := filepath.Abs("../../scripts/car-check.sh")
	if err != nil {
		t.Fatal(err)
	}
	out, err := inShell(dir, fmt.Sprintf(`dhfs export db --format car -o x.car; %s x.car; dhfs import whole x.car; dhfs verify whole --deep
		dhfs export whole --format car -o again.car; dhfs stat whole; %s again.car
		dhfs export db --format car --thin -o thin.car; test $(stat -c %%s thin.car) -lt $(stat -c %%s x.car); dhfs import copy thin.car; dhfs verify copy --deep
		for t in 1 63 64 70 130 %d; do cmp <(dhfs schema db@t$t) <(dhfs schema copy@t$t); cmp <(dhfs schema db@t$t) <(dhfs schema whole@t$t); dhfs schema copy@t$t | wc -l; done; dhfs log copy | wc -l`, check, check, commits))
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for _, want := range []string{"roots: 1\n", "not reached: 0\n", "listed in it", " 0 damaged", fmt.Sprintf("\n%d\n", commits+2)} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
}
