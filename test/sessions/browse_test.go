//go:build linux

package sessions

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// people and sales are how many entities TestBrowse has of each kind.
const people, sales = 5_000, 95_000

// person and sale are what is written into the files that are imported.
type (
	person struct{ id, name, city, born, boss string }
	sale   struct {
		id, person string
		cents      int
	}
)

// TestBrowse looks around in 100,000 entities, and compares with what was generated.
func TestBrowse(t *testing.T) {
	ps, ss := generate()
	load(t, ps, ss)
	play(t, "browse.sh", nil, func(t *testing.T, out string) {
		lines(t, out, browsed(t, out, ps, ss))
	})
}

// generate makes the same people and sales each time. Their ids are in no order.
func generate() ([]person, []sale) {
	r := rand.New(rand.NewPCG(1, 2))
	cities := []string{"Aachen", "Berlin", "Köln", "Kiel", "Potsdam", "Trier", "Ulm", "Zülpich"}
	ps := make([]person, people)
	for i := range ps {
		ps[i] = person{
			id:   fmt.Sprintf("p%06d", i*7919%1_000_003),
			name: fmt.Sprintf("%s %c. %d", []string{"Ada", "Ben", "Dé", "O'Neil, Cy", `"Bo"`}[r.IntN(5)], 'A'+rune(r.IntN(26)), i),
			city: cities[r.IntN(len(cities))],
			born: fmt.Sprintf("%d-%02d-%02d", 1940+r.IntN(60), 1+r.IntN(12), 1+r.IntN(28)),
			boss: fmt.Sprintf("p%06d", r.IntN(i+1)*7919%1_000_003),
		}
	}
	ss := make([]sale, sales)
	for i := range ss {
		ss[i] = sale{fmt.Sprintf("o%05d", i*7919%sales), ps[r.IntN(people)].id, 1 + r.IntN(50_000)}
	}
	return ps, ss
}

// load writes the files and imports them with dhfs, once for all sessions.
func load(t *testing.T, ps []person, ss []sale) {
	t.Helper()
	dir := filepath.Join(built, "big")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var csv, jsonl strings.Builder
	csv.WriteString("id,name,city,born,boss\n")
	for _, p := range ps {
		fmt.Fprintf(&csv, "%s,\"%s\",%s,%s,%s\n", p.id, strings.ReplaceAll(p.name, `"`, `""`), p.city, p.born, p.boss)
	}
	for _, s := range ss {
		fmt.Fprintf(&jsonl, "{\"id\":%q,\"person\":%q,\"cents\":%d}\n", s.id, s.person, s.cents)
	}
	for name, text := range map[string]string{"people.csv": csv.String(), "orders.jsonl": jsonl.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-euc", `dhfs import -q db people.csv --as person --key id --ref boss=person/id
		dhfs import -q db orders.jsonl --as order --key id --ref person=person/id`)
	cmd.Dir, cmd.Env = dir, environment(dir, "plain")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// browsed is what browse.sh should print. Which page it looked into is taken from what it printed.
func browsed(t *testing.T, out string, ps []person, ss []sale) string {
	t.Helper()
	cityOf, names, perCity := map[string]string{}, map[string]string{}, map[string]int{}
	for _, p := range ps {
		cityOf[p.id], names[p.id] = p.city, p.name
		perCity[p.city]++
	}
	_, rest, _ := strings.Cut(out, "== a page\n")
	page, _, _ := strings.Cut(rest, "\n")
	prefix := strings.TrimSuffix(page, "+")
	if prefix == page || len(prefix) < 2 {
		t.Fatalf("%q is no page", page)
	}
	own, cheap, total := 0, 0, 0
	cents, buyers := map[string]int{}, map[string]int{}
	for _, s := range ss {
		total += s.cents
		cents[cityOf[s.person]] += s.cents
		if s.person == ps[0].id {
			own++
		}
		if !strings.HasPrefix(s.id, prefix) {
			continue
		}
		if s.cents < 100 {
			cheap++
		}
		if strings.HasPrefix(s.person, "p00") {
			buyers["person/"+s.person]++
		}
	}
	if cheap == 0 || len(buyers) == 0 || own == 0 {
		t.Fatal("the page has nothing to find")
	}
	var w strings.Builder
	fmt.Fprintf(&w, "== counts\n%d\n%d\n%d\n%d\n", people, sales, people, sales)
	fmt.Fprintf(&w, "== by name\n%s\n%s\n%d\nperson/p000000/\n", ps[0].name, names[ps[0].boss], own)
	fmt.Fprintf(&w, "== grep\n%d\n", perCity["Potsdam"])
	for _, city := range []string{"Kiel", "Köln", "Ulm"} {
		fmt.Fprintf(&w, "%7d %s\n", perCity[city], city)
	}
	fmt.Fprintf(&w, "%d\n== a page\n%s\n%d\n", people, page, cheap)
	for _, id := range slices.Sorted(maps.Keys(buyers)) {
		fmt.Fprintf(&w, "%7d %s\n", buyers[id], id)
	}
	fmt.Fprintf(&w, "== tables\n%d %d\n== a query\n", sales, total)
	for _, city := range slices.Sorted(maps.Keys(cents)) {
		fmt.Fprintf(&w, "%s\t%d\n", city, cents[city])
	}
	return w.String()
}
