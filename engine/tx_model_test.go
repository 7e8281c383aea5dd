package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The model is a transaction done the slow and obvious way: sets of facts, loops until
// nothing changes, checks on the outcome.

// mfact is one datom of the model. Entities are ids or tempids, and so are the values of references.
type mfact struct{ e, a, v string }

type mfacts map[mfact]bool

// modelForm is one form: what to do with a fact, or the retraction of a whole entity.
type modelForm struct {
	do   string // "add", "retract", "remove"
	fact mfact
}

var modelKinds = map[string]string{ // what is special about an attribute
	"name": "one", "aka": "many", "email": "one identity", "mail": "many identity", "badge": "one value",
	"boss": "one ref", "friend": "many ref", "part": "many ref component", "seat": "one ref identity",
}

const modelSchema = `
{:db/ident :name :db/valueType :db.type/string}
{:db/ident :aka :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
{:db/ident :email :db/valueType :db.type/string :db/unique :db.unique/identity}
{:db/ident :mail :db/valueType :db.type/string :db/unique :db.unique/identity :db/cardinality :db.cardinality/many}
{:db/ident :badge :db/valueType :db.type/string :db/unique :db.unique/value}
{:db/ident :boss :db/valueType :db.type/ref}
{:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
{:db/ident :part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
{:db/ident :seat :db/valueType :db.type/ref :db/unique :db.unique/identity}`

func is(a, what string) bool { return slices.Contains(strings.Fields(modelKinds[a]), what) }

// modelTx is a random transaction: removals first, then adds and retractions.
func modelTx() *rapid.Generator[[]modelForm] {
	return rapid.Custom(func(t *rapid.T) []modelForm {
		var forms []modelForm
		ids := rapid.SampledFrom([]string{"1", "2", "3", "4"})
		some := rapid.SampledFrom([]string{"1", "2", "3", `"a"`, `"b"`, `"c"`, `"d"`})
		for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "removals") {
			forms = append(forms, modelForm{"remove", mfact{e: ids.Draw(t, "gone")}})
		}
		attrs := slices.Sorted(maps.Keys(modelKinds))
		for range rapid.IntRange(1, 7).Draw(t, "forms") {
			f := modelForm{"add", mfact{e: some.Draw(t, "e"), a: rapid.SampledFrom(attrs).Draw(t, "a")}}
			if rapid.IntRange(0, 5).Draw(t, "retract") == 0 {
				f.do, f.fact.e = "retract", ids.Draw(t, "e of retract")
			}
			switch {
			case !is(f.fact.a, "ref"):
				f.fact.v = rapid.SampledFrom([]string{`"x"`, `"y"`, `"z"`}).Draw(t, "v")
			case f.do == "retract":
				f.fact.v = ids.Draw(t, "ref")
			default:
				f.fact.v = some.Draw(t, "ref")
			}
			forms = append(forms, f)
		}
		return forms
	})
}

// text is forms as tx data.
func text(forms []modelForm) string {
	var b strings.Builder
	for i, f := range forms {
		switch {
		case f.do == "remove":
			fmt.Fprintf(&b, "[:db/retractEntity %s]\n", f.fact.e)
		case f.do == "add" && i%2 == 0:
			fmt.Fprintf(&b, "{:db/id %s :%s %s}\n", f.fact.e, f.fact.a, f.fact.v)
		default:
			fmt.Fprintf(&b, "[:db/%s %s :%s %s]\n", f.do, f.fact.e, f.fact.a, f.fact.v)
		}
	}
	return b.String()
}

// modelResolve finds which entity every tempid is: an id, or the least of the tempids that are one new entity.
func modelResolve(before mfacts, forms []modelForm) (map[string]string, bool) {
	who := map[string]string{}
	name := func(s string) string {
		for who[s] != "" && who[s] != s {
			s = who[s]
		}
		return s
	}
	isTemp := func(s string) bool { return strings.HasPrefix(s, `"`) }
	for changed := true; changed; {
		changed = false
		for _, f := range forms {
			if f.do != "add" || !is(f.fact.a, "identity") {
				continue
			}
			value := func(g mfact) string {
				if is(g.a, "ref") {
					return name(g.v)
				}
				return g.v
			}
			e := name(f.fact.e)
			if is(f.fact.a, "ref") && isTemp(value(f.fact)) {
				// nobody can have a new entity yet
			} else if holder, ok := holderOf(before, f.fact.a, value(f.fact)); ok && isTemp(f.fact.e) {
				if isTemp(e) {
					who[e], changed = holder, true
				} else if e != holder {
					return nil, false
				}
				continue
			}
			for _, g := range forms {
				o := name(g.fact.e)
				if g.do != "add" || g.fact.a != f.fact.a || value(g.fact) != value(f.fact) || o == e || !isTemp(e) {
					continue
				}
				if isTemp(o) && o > e {
					who[o] = e
				} else {
					who[e] = o
				}
				changed = true
				break
			}
		}
	}
	out := map[string]string{}
	for _, f := range forms {
		for _, s := range []string{f.fact.e, f.fact.v} {
			if s == f.fact.e || is(f.fact.a, "ref") {
				out[s] = name(s)
			}
		}
	}
	return out, true
}

func holderOf(fs mfacts, a, v string) (string, bool) {
	for f := range fs {
		if f.a == a && f.v == v {
			return f.e, true
		}
	}
	return "", false
}

// modelTransact is what forms make of before; ok is false when they are to be refused.
func modelTransact(before mfacts, forms []modelForm) (after mfacts, ok bool) {
	who, ok := modelResolve(before, forms)
	if !ok {
		return nil, false
	}
	after = maps.Clone(before)
	adds, asserted := mfacts{}, map[string]bool{}
	var retracts []mfact
	for _, f := range forms {
		g := f.fact
		g.e = who[g.e]
		if is(g.a, "ref") {
			g.v = who[g.v]
		}
		switch f.do {
		case "add":
			adds[g], asserted[g.e] = true, true
		case "retract":
			retracts = append(retracts, g)
			delete(after, g)
		case "remove":
			modelRemove(before, after, g.e, map[string]bool{})
		}
	}
	for _, g := range retracts {
		if adds[g] {
			return nil, false
		}
	}
	for g := range adds {
		if is(g.a, "ref") && strings.HasPrefix(g.v, `"`) && !asserted[g.v] {
			return nil, false
		}
		for f := range after {
			if is(g.a, "one") && f.e == g.e && f.a == g.a {
				delete(after, f)
			}
		}
	}
	maps.Copy(after, adds)
	return after, modelSound(after)
}

func modelRemove(before, after mfacts, e string, seen map[string]bool) {
	if seen[e] {
		return
	}
	seen[e] = true
	for f := range before {
		if f.e == e || f.v == e && is(f.a, "ref") {
			delete(after, f)
		}
		if f.e == e && is(f.a, "component") {
			modelRemove(before, after, f.v, seen)
		}
	}
}

// modelSound tells whether mfacts keep to cardinality and uniqueness.
func modelSound(fs mfacts) bool {
	one, unique := map[mfact]bool{}, map[mfact]bool{}
	for f := range fs {
		slot, value := mfact{e: f.e, a: f.a}, mfact{a: f.a, v: f.v}
		if is(f.a, "one") && one[slot] || (is(f.a, "identity") || is(f.a, "value")) && unique[value] {
			return false
		}
		one[slot], unique[value] = true, true
	}
	return true
}

// factsOf are the datoms of a database, without those of attributes and transactions.
func (w *world) factsOf() mfacts {
	fs := mfacts{}
	for d, err := range w.db.Datoms(context.Background(), EAVT, Pattern{}) {
		if err != nil {
			w.t.Fatal(err)
		}
		if a, _ := w.db.Schema().ByID(d.A); d.E < dbPart {
			fs[mfact{fmt.Sprint(d.E), a.Ident, ToEDN(d.V).String()}] = true
		}
	}
	return fs
}

// renamed replaces the tempids of new entities by the ids that they got.
func renamed(fs mfacts, who map[string]string, r Report) mfacts {
	name := map[string]string{}
	for temp, id := range r.Tempids {
		name[who[`"`+temp+`"`]] = fmt.Sprint(id)
	}
	out := mfacts{}
	for f := range fs {
		if id, ok := name[f.e]; ok {
			f.e = id
		}
		if id, ok := name[f.v]; ok && is(f.a, "ref") {
			f.v = id
		}
		out[f] = true
	}
	return out
}

func (fs mfacts) String() string {
	var lines []string
	for f := range fs {
		lines = append(lines, f.e+" "+f.a+" "+f.v)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// TestTransactionsAgreeWithTheModel runs random transactions one after another on a database and on the model.
func TestTransactionsAgreeWithTheModel(t *testing.T) {
	refused, done := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, Options{})
		w.ok(modelSchema)
		for range rapid.IntRange(1, 6).Draw(t, "transactions") {
			forms := modelTx().Draw(t, "tx")
			before := w.factsOf()
			want, ok := modelTransact(before, forms)
			db := w.db
			r, err := w.try(text(forms))
			if ok != (err == nil) {
				t.Fatalf("on\n%s\ntransaction\n%s: the model says %v, got error %v", before, text(forms), ok, err)
			}
			if err != nil {
				refused++
				continue
			}
			done++
			who, _ := modelResolve(before, forms)
			if got, want := w.factsOf().String(), renamed(want, who, r).String(); got != want {
				t.Fatalf("on\n%s\ntransaction\n%s\ngot\n%s\nwant\n%s", before, text(forms), got, want)
			}
			checkNet(t, db, r)
		}
	})
	if done < refused/4 || refused < done/20 {
		t.Errorf("%d transactions done and %d refused: the generator is one-sided", done, refused)
	}
}

// checkNet verifies that datoms are net and in order: nothing is added that was there, nothing retracted that was not.
func checkNet(t reporter, before DB, r Report) {
	for i, d := range r.Datoms {
		if i > 0 && compareDatoms(&r.Datoms[i-1], &d) >= 0 {
			t.Fatalf("datom %d is out of order", i)
		}
		if d.T != before.T()+1 {
			t.Fatalf("datom of transaction %d", d.T)
		}
		n, _, err := before.Count(context.Background(), Pattern{E: Some(d.E), A: Some(d.A), V: Some(d.V)})
		if err != nil || (n > 0) == d.Added {
			t.Fatalf("%+v where there were %d (%v)", d, n, err)
		}
	}
}
