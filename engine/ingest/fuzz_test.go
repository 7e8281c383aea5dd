package ingest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
)

// FuzzOpen: whatever is accepted gives the same tx data each time, and the
// database takes it; whatever is not is refused with a place or a reason.
func FuzzOpen(f *testing.F) {
	formats := []Format{CSV, TSV, JSON, JSONL, EDN}
	for _, seed := range []struct {
		format uint8
		text   string
	}{
		{0, "id,name,at\n1,Ann,2026-11-22\n2,\"B, \"\"b\"\"\",\n"}, {0, "\ufeffa;b\r\n1;2\r\n"}, {0, "a,b\n1\n"}, {0, "x_id,y_id,ok\n1,1,true\n1,2,false\n"}, {1, "id\tid\n"}, {1, "a b\tc:int\n007\t5\n"},
		{2, `[{"id": 1, "tags": ["a"], "in": {"x": 1.5}}]`}, {2, `{"a": [{"id": 1}], "b": [{"a": 1}]}`}, {2, `{"a": []}`}, {3, "{\"a\": 1}\n{\"a\": \"x\"}"}, {3, `{"a": [[1]]}`}, {3, `{"a": [{"b": [{"id": 1}, {"id": 1}]}]}`},
		{4, `[{:db/ident :a :db/valueType :db.type/long}] {:a 1} [:db/add 1 :a 2]`}, {4, "[[1 :a 2]"}, {4, "5"},
	} {
		f.Add(seed.format, seed.text)
	}
	f.Fuzz(func(t *testing.T, format uint8, text string) {
		s, err := open("kind.x", text, Options{Format: formats[int(format)%len(formats)], Batch: 3, Mend: format >= 128})
		if err != nil {
			if e := new(Error); !errors.As(err, &e) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if a, b := all(t, s), all(t, s); a != b {
			t.Fatalf("%q gives\n%s\nand then\n%s", text, a, b)
		}
		fits(t, s, text)
	})
}

// fits checks that an empty database takes what is not tx data by itself.
func fits(t *testing.T, s *Source, text string) {
	if s.Report().Format == EDN {
		return
	}
	conn, err := engine.Create(context.Background(), cas.NewMemory(), "main", engine.Options{}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	db, err := conn.DB(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), nil, db, s, engine.Meta{}); err != nil {
		t.Fatalf("%q is not loaded: %v", text, err)
	}
}
