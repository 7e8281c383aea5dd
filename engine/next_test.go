package engine

import (
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// An id that tx data only mentions, and of which nothing is written, is not used up.
func TestMentionedIDsAreNotUsedUp(t *testing.T) {
	conn, err := Create(t.Context(), cas.NewMemory(), "main", Options{SchemaOnRead: true}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`[[:db/retractEntity 4398046511103]]`, `[[:db/retract 99999 :a/b 1]]`, `[{:db/id "x" :a/b 1}]`} {
		form, err := edn.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := conn.Transact(t.Context(), form.Items(), Meta{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if id, ok := r.Tempids["x"]; ok && id != 1 {
			t.Errorf("the first entity has id %d", id)
		}
	}
}
