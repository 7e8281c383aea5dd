package ingest

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// endless is a CSV file of many rows that is made while it is read.
type endless struct {
	rows int
	at   int64
}

const endlessRow = 100

func (e *endless) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		offset += int64(e.rows+1) * endlessRow
	}
	e.at = offset
	return offset, nil
}

func (e *endless) Read(p []byte) (n int, err error) {
	for len(p) >= endlessRow {
		row := int(e.at / endlessRow)
		if row > e.rows {
			return n, io.EOF
		}
		line := fmt.Sprintf("%d,customer %d,%d.5,", row, row%1000, row%77)
		if row == 0 {
			line = "id,name,price,"
		}
		copy(p, fmt.Sprintf("%-*s\n", endlessRow-1, line+"text"))
		p, n, e.at = p[endlessRow:], n+endlessRow, e.at+endlessRow
	}
	return n, nil
}

// A file of 6 MB passes through less memory than it would fill as tx data.
func TestMemory(t *testing.T) {
	const rows = 60_000
	s, err := Open(context.Background(), &endless{rows: rows}, Options{Name: "x.csv", Batch: 5000})
	if err != nil {
		t.Fatal(err)
	}
	seen, most := 0, uint64(0)
	for b, err := range s.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen += b.Rows; seen%10_000 < b.Rows {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if seen != rows || most > 12<<20 {
		t.Errorf("%d rows with up to %d MiB", seen, most>>20)
	}
}
