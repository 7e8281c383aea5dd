package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesListEveryEntityOnce(t *testing.T) {
	runStories(t, 10, func(w *story) {
		for _, db := range w.roots {
			w.checkNames(db)
		}
	})
}

func (w *story) checkNames(db DB) {
	want := map[ID]bool{}
	for _, d := range collectAll(w, db.Match(w.ctx, Pattern{})) {
		if db.s.isNamed(d.E) {
			want[d.E] = true
		}
	}
	kinds, err := db.Kinds(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	got := map[ID]bool{}
	for _, k := range kinds {
		names := w.names(db, k)
		for i, n := range names {
			got[n.ID] = true
			w.checkName(db, n)
			from := rapid.IntRange(0, len(names)-1).Draw(w.rapid, "from")
			if i == 0 && !slices.Equal(slices.Collect(firsts(w, db.NamesAt(w.ctx, k.Kind, uint64(from)))), names[from:]) {
				w.t.Fatalf("kind %s from the %dth name on differs", k.Kind, from)
			}
		}
	}
	if !maps.Equal(got, want) {
		w.t.Fatalf("names are of %v, entities %v", got, want)
	}
}

// names are all of a kind, which must be as many and as new as the kind says.
func (w *story) names(db DB, k KindInfo) []Name {
	names := slices.Collect(firsts(w, db.Names(w.ctx, k.Kind, "")))
	newest := uint64(0)
	for _, n := range names {
		newest = max(newest, n.Newest)
	}
	if k.Count != uint64(len(names)) || k.Newest != newest || k.Count == 0 {
		w.t.Fatalf("%+v has %d names, the newest of %d", k, len(names), newest)
	}
	if !slices.IsSortedFunc(names, func(a, b Name) int { return strings.Compare(a.Home.Name, b.Home.Name) }) {
		w.t.Fatalf("names of %s are not in order", k.Kind)
	}
	return names
}

func firsts(w *story, seq func(func(Name, error) bool)) func(func(Name) bool) {
	return func(yield func(Name) bool) {
		for n, err := range seq {
			if err != nil {
				w.t.Fatal(err)
			}
			if !yield(n) {
				return
			}
		}
	}
}

// checkName finds an entity by its home and by its id.
func (w *story) checkName(db DB, n Name) {
	home, _, err := db.HomeOf(w.ctx, n.ID)
	if err != nil || home != n.Home {
		w.t.Fatalf("%d lives in %s, listed in %s, %v", n.ID, home, n.Home, err)
	}
	for _, h := range []Home{n.Home, idHome(n.ID)} {
		if found, ok, err := db.Lookup(w.ctx, h); !ok || err != nil || found != n {
			w.t.Fatalf("%s is %+v, %v, %v; want %+v", h, found, ok, err, n)
		}
	}
}

// A digest stands for what a directory shows: names, values and times.
func TestEqualDigestsShowTheSame(t *testing.T) {
	runStories(t, 10, func(w *story) {
		shown, newest := map[uint64]string{}, map[uint64]uint64{}
		for _, db := range w.roots {
			kinds, err := db.Kinds(w.ctx)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, k := range kinds {
				for n := range firsts(w, db.Names(w.ctx, k.Kind, "")) {
					now := w.show(db, n)
					if before, ok := shown[n.Digest]; ok && (before != now || newest[n.Digest] != n.Newest) {
						w.t.Fatalf("digest %x stands for\n%s and\n%s", n.Digest, before, now)
					}
					shown[n.Digest], newest[n.Digest] = now, n.Newest
				}
			}
		}
	})
}

// show is all files of an entity's directory.
func (w *story) show(db DB, n Name) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", n.ID)
	for _, d := range collectAll(w, db.Match(w.ctx, Pattern{E: Some(n.ID)})) {
		a, ok := db.Schema().ByID(d.A)
		if !ok {
			w.t.Fatalf("no attribute %d", d.A)
		}
		text, since := Text(d.V), uint64(0)
		if d.V.Kind() == RefKind {
			home, t, err := db.HomeOf(w.ctx, d.V.Ref())
			if err != nil {
				w.t.Fatal(err)
			}
			text, since = home.String(), t
		}
		if max(d.T, since) > n.Newest {
			w.t.Fatalf("%s shows something of %d, newer than %d", n.Home, max(d.T, since), n.Newest)
		}
		at, err := db.Instant(w.ctx, max(d.T, since))
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %v %s %s\n", AttrFileName("person", a.Ident), a.Many, text, at)
	}
	return b.String()
}

func TestHomes(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.must(`[{:db/id 100 :person/id "ada"} {:db/id 101 :person/code 7} {:db/id 102 :title "a=b"} {:db/id 103 :person/name "x"}
	         {:db/id 104 :person/id "x=1/y"} {:db/id 105 :db/ident :color/red} {:db/id 106 :person/id ""} {:db/id 107 :person/id "b" :person/code 8}
	         {:db/ident :_/k :db/valueType :db.type/uuid :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
	         {:db/ident :file/size :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}]`)
	w.must(`[{:db/id 108 :_/k #uuid "00000000-0000-0000-0000-000000000001"} {:db/id 109 :file/size 12}]`)
	db := w.conn.dbNow(t)
	for id, want := range map[ID]string{
		100: "person/ada", 101: "person/code=7", 102: "_/title=a=b", 103: "_/103", 104: "person/x%3D1%2Fy",
		105: "db/:color%2Fred", 106: "person/%", 107: "person/b", 108: "%5F/00000000-0000-0000-0000-000000000001", 109: "file/12",
		999: "_/999", TxID(2): fmt.Sprintf("_/%d", TxID(2)), firstAttr: fmt.Sprintf("_/%d", firstAttr),
	} {
		home, _, err := db.HomeOf(w.ctx, id)
		if err != nil || home.String() != want {
			t.Errorf("%d lives in %s, %v; want %s", id, home, err, want)
		}
	}
	for path, want := range map[Home]ID{
		{"person", "ada"}: 100, {"_", "100"}: 100, {"_", "title=a=b"}: 102, {"_", fmt.Sprint(TxID(2))}: TxID(2),
		{"person", "nobody"}: 0, {"_", "999"}: 0, {"_", "0100"}: 0, {"nothing", "100"}: 0, {"_", "99999999999999999999"}: 0,
	} {
		n, ok, err := db.Lookup(w.ctx, path)
		if err != nil || n.ID != want || ok != (want != 0) {
			t.Errorf("%s is %d, %v, %v; want %d", path, n.ID, ok, err, want)
		}
	}
}
