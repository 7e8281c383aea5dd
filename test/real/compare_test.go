package real

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
)

// answer is what SQLite said, a slice of cells for each row.
func answer(t *testing.T, name string) [][]string {
	t.Helper()
	var rows [][]string
	for line := range strings.Lines(read(t, "testdata/answers", name+".tsv")) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows
}

// compare checks that both answers have the same rows, in whatever order.
func compare(t *testing.T, when string, got [][]edn.Value, want [][]string) {
	t.Helper()
	missing := slices.Clone(want)
	for _, g := range got {
		row := cells(g)
		i := slices.IndexFunc(missing, func(w []string) bool { return slices.EqualFunc(row, w, same) })
		if i < 0 {
			t.Errorf("%s: SQLite does not have %q", when, row)
			continue
		}
		missing = slices.Delete(missing, i, i+1)
	}
	for _, w := range missing {
		t.Errorf("%s: only SQLite has %q", when, w)
	}
}

// cells writes a row as SQLite's answer has it.
func cells(row []edn.Value) []string {
	text := make([]string, len(row))
	for i, v := range row {
		switch v.Kind() {
		case edn.String:
			text[i] = v.Text()
		case edn.Inst:
			text[i] = time.UnixMilli(v.Millis()).UTC().Format("2006-01-02 15:04:05.000")
		default:
			text[i] = v.String()
		}
	}
	return text
}

// same compares cells: sums of doubles depend on the order they are added in.
func same(a, b string) bool {
	x, xerr := strconv.ParseFloat(a, 64)
	y, yerr := strconv.ParseFloat(b, 64)
	if xerr != nil || yerr != nil {
		return a == b
	}
	return math.Abs(x-y) <= 1e-9*math.Max(1, math.Abs(x))
}
