package queries_test

import (
	"testing"

	"github.com/dhfs/dhfs/queries"
)

func TestCutTime(t *testing.T) {
	for _, c := range []struct {
		where string
		time  queries.Time
		place string
	}{
		{"", queries.Time{}, ""}, {"at/t5", queries.Time{}, "at/t5"}, {"hr@main", queries.Time{}, "hr@main"}, {"historyhr", queries.Time{}, "historyhr"},
		{"history", queries.Time{History: true}, ""}, {"history/hr@main", queries.Time{History: true}, "hr@main"}, {"history/at/t5", queries.Time{History: true}, "at/t5"},
		{"since/feature/x", queries.Time{Since: "feature/x"}, ""}, {"history/since/t5", queries.Time{History: true, Since: "t5"}, ""},
	} {
		got, place := queries.CutTime(c.where)
		if got != c.time || place != c.place {
			t.Errorf("%q: got %+v and %q", c.where, got, place)
		}
		if again, _ := queries.CutTime(got.String()); again != got {
			t.Errorf("%q: %+v is written %q", c.where, got, got.String())
		}
	}
}
