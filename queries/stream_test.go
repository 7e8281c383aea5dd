package queries_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// A stream gives the bytes of Write, however many rows there are.
func TestStream(t *testing.T) {
	for _, f := range []queries.Format{queries.TSV, queries.CSV, queries.JSON, queries.JSONL, queries.EDN, queries.Table} {
		for _, n := range []int{0, 1, 999, 1000, 1001, 2500} {
			columns := []string{"?n", "name"}
			var rows [][]edn.Value
			var want, got bytes.Buffer
			s := queries.NewStream(&got, f, columns...)
			for i := range n {
				row := []edn.Value{edn.MakeInt(int64(i)), edn.MakeString(fmt.Sprintf("a\t%d,\"x", i))}
				rows = append(rows, row)
				if err := s.Add(row...); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := queries.Write(&want, queries.NewResult(columns, rows...), f); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%s, %d rows: the stream differs from the result written at once", f, n)
			}
		}
	}
}

// What a terminal would obey is spelt out in a table, and kept as it is everywhere else.
func TestTableSpellsOutControls(t *testing.T) {
	r := queries.NewResult([]string{"x"}, []edn.Value{edn.MakeString("a\x1b[31mb\x07")})
	var table, tsv bytes.Buffer
	if err := queries.Write(&table, r, queries.Table); err != nil {
		t.Fatal(err)
	}
	if err := queries.Write(&tsv, r, queries.TSV); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(table.Bytes(), []byte(`a\u001b[31mb\u0007`)) || !bytes.Contains(tsv.Bytes(), []byte("\x1b[31m")) {
		t.Errorf("table %q, tsv %q", table.Bytes(), tsv.Bytes())
	}
}
