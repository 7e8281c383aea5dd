//go:build !race

package fs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/fs"
)

// longPast has n transactions after two that make an order. Every hundredth changes its total, the others say nothing but when
// they were.
func longPast(t *testing.T, n int) *sample {
	t.Helper()
	s := newSample(t)
	s.tx(sampleSchema)
	s.tx(`[{:order/id 1 :order/total 0M}]`)
	ctx := context.Background()
	for i := range n {
		data := fmt.Sprintf(`{:db/id "datomic.tx" :db/txInstant #inst %q}`, s.next.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
		if i%100 == 99 {
			data += fmt.Sprintf(`[:db/add [:order/id 1] :order/total %dM]`, i+1)
		}
		forms, err := edn.Parse("[" + data + "]")
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.conn.Transact(ctx, forms.Items(), engine.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		s.ids = append(s.ids, r.Commit.ID.String())
	}
	s.next = s.next.Add(time.Duration(n) * time.Second)
	return s
}

// TestTenThousandCommits lists 10,000 commits: each is read once to find them, and nothing of what they show.
func TestTenThousandCommits(t *testing.T) {
	const n = 10_000
	s := longPast(t, n)
	counted := castest.NewCounting(s.store)
	most := func(what string, least, most int) {
		t.Helper()
		read := counted.Take().BlocksRead
		t.Logf("%s: %d blocks", what, read)
		if read < least || read > most {
			t.Errorf("%s reads %d blocks, want %d to %d", what, read, least, most)
		}
	}
	ctx := context.Background()
	for _, page := range []int{0, -1} {
		tree := fs.New([]fs.Database{{Name: "orders", Store: counted}}, fs.Options{Now: s.now, Page: page})
		dir := func(path string) fs.Dir {
			t.Helper()
			d, err := tree.Walk(ctx, path)
			if err != nil {
				t.Fatal(err)
			}
			return d.(fs.Dir)
		}
		counted.Take()
		top := first(t, dir("commits"), 100)
		most("the first names", n, n+300)
		if paged := strings.HasSuffix(top[0], "+"); paged != (page == 0) {
			t.Errorf("page %d: the first names are %q", page, top[:3])
		}
		first(t, dir("commits"), 100)
		most("the first names again", 0, 101)
		all := leaves(t, dir("commits"))
		want := slices.Clone(s.ids)
		slices.Sort(want)
		all = slices.DeleteFunc(all, func(id string) bool { _, ok := slices.BinarySearch(want, id); return !ok })
		if !slices.Equal(all, want) {
			t.Errorf("page %d: %d commits of %d are listed, or not in order", page, len(all), len(want))
		}
		most("all names", 0, n+100)
		data, err := tree.ReadFile("commits/" + s.ids[n/2] + "/entities/order/1/total")
		if err != nil || string(data) != fmt.Sprintf("%d\n", n/2-100) {
			t.Errorf("in the middle: %q, %v", data, err)
		}
		counted.Take()
		s.tx(fmt.Sprintf(`[{:order/id 1 :order/total %dM}]`, -page))
		first(t, dir("commits"), 100)
		most("the first names after another commit", 1, 120)
	}
}

// leaves are the names in a directory, and for pages those in them.
func leaves(t *testing.T, d fs.Dir) (names []string) {
	t.Helper()
	for e, err := range d.List(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(e.Name, "+") {
			names = append(names, e.Name)
			continue
		}
		names = append(names, leaves(t, e.Node.(fs.Dir))...)
	}
	return names
}
