package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
)

// A database that was made where the clock was hours ahead: doctor says so and what mends it. Transactions have the times of who makes them, and gc keeps what it is told to.
func TestCommitFromTheFuture(t *testing.T) {
	dir := t.TempDir()
	s, err := casfile.Create(t.Context(), filepath.Join(dir, "db"), casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().Add(3 * time.Hour).UTC()
	var store cas.RefStore = s
	if _, err := engine.Create(t.Context(), store, mainBranch, engine.Options{SchemaOnRead: true}, ahead); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := inShell(dir, `dhfs doctor db || true; dhfs tx db '[{:db/id 1 :note/text "first"}]'; dhfs tx db '[{:db/id 1 :note/text "second"}]'; dhfs log db --format csv
		dhfs query db '[:find ?t . :where [1 :note/text ?t]]'; set +e; dhfs tx db '[{:db/id "datomic.tx" :db/txInstant #inst "'$(date -u -d '1 minute ago' +%Y-%m-%dT%H:%M:%SZ)'"}]'; echo exit $?; dhfs gc db --keep-within 1h; dhfs log db | wc -l`)
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for _, want := range []string{"db\tnote\t", "its newest commit is of " + ahead.Format("2006-01-02T15:04"), "from now", "set the clock of this machine, or of the one that wrote it", "second\n", "exit 4", "does not come after", "\n4\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
}
