package fs

import (
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

func TestResultName(t *testing.T) {
	for name, want := range map[string][2]string{
		"orders.tsv":    {"orders", "tsv"},
		"a.b.json":      {"a.b", "json"},
		"x.err":         {"x", "err"},
		"x.plan":        {"x", "plan"},
		"x.basis":       {"x", "basis"},
		"orders.dl":     {},
		"orders":        {},
		".tsv":          {},
		".x.tsv":        {},
		"x~.tsv":        {},
		"#x#.tsv":       {},
		"4913.tsv":      {},
		"orders.tsv.sw": {},
		"orders.TSV":    {},
	} {
		base, ext, ok := resultName(name)
		if ok != (want[0] != "") || ok && (base != want[0] || ext != want[1]) {
			t.Errorf("%s: %q %q %v", name, base, ext, ok)
		}
	}
}

func TestDiffName(t *testing.T) {
	for name, want := range map[string][3]string{
		"main~1..main.tsv":           {"main~1", "main", "tsv"},
		"2026-01-01..2026-02-01.edn": {"2026-01-01", "2026-02-01", "edn"},
		"t1..feature%2Fx.tsv":        {"t1", "feature/x", "tsv"},
		"main.tsv":                   {},
		"..main.tsv":                 {},
		"main...tsv":                 {},
		"main..main.csv":             {},
		"main..main":                 {},
		"v1.2..v1.3.tsv":             {"v1.2", "v1.3", "tsv"},
	} {
		from, to, ext, ok := diffName(name)
		if ok != (want[0] != "") || ok && (from != want[0] || to != want[1] || ext != want[2]) {
			t.Errorf("%s: %q %q %q %v", name, from, to, ext, ok)
		}
	}
}

func TestSourceName(t *testing.T) {
	for s, want := range map[string][2]string{
		"hr":            {"hr", ""},
		"hr@main":       {"hr", "main"},
		"hr@main~3":     {"hr", "main~3"},
		"at/2026-09-30": {"", "2026-09-30"},
		"@t4":           {"", "t4"},
	} {
		if db, rev := sourceName(s); db != want[0] || rev != want[1] {
			t.Errorf("%s: %q %q", s, db, rev)
		}
	}
}

func TestLinks(t *testing.T) {
	id := cid.MustParse("bafyreifelrgiqzgeca6hbjbhuj22czz2pu24thehx4ayqqw7zf65xmgbla")
	if got := commitLink(1, id); got != "../commits/"+id.String() {
		t.Error(got)
	}
	home := engine.Home{Kind: "person", Name: "ada"}
	if got := entityLink(3, home); got != "../../../entities/person/ada" {
		t.Error(got)
	}
	if got := homeName(home); got != "person%2Fada" {
		t.Error(got)
	}
	for text, want := range map[string]bool{"person/ada": true, "_/7": true, "person": false, "/ada": false, "person/": false, "a/b/c": false} {
		if _, ok := splitHome(text); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}

func TestRowsStayOnTheirLine(t *testing.T) {
	got := string(appendRow(nil, "a\tb", "c\\n", "d\ne\r", ""))
	if want := "a\\tb\tc\\\\n\td\\ne\\r\t\n"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
}
