package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestOrderOfFormsDoesNotMatter shuffles forms that do not retract whole entities or attributes.
func TestOrderOfFormsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, Options{})
		w.ok(modelSchema)
		if _, err := w.try(text(modelTx().Draw(t, "first"))); err != nil {
			return
		}
		forms := slices.DeleteFunc(modelTx().Draw(t, "second"), func(f modelForm) bool { return f.do == "remove" })
		other := rapid.Permutation(forms).Draw(t, "shuffled")
		w2 := *w
		r, err := w.try(text(forms))
		r2, err2 := w2.try(text(other))
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%s: %v\n%s: %v", text(forms), err, text(other), err2)
		}
		if got, want := byTempids(w2.factsOf(), r2), byTempids(w.factsOf(), r); err == nil && got != want {
			t.Fatalf("%s\ngave\n%s\n\n%s\ngave\n%s", text(forms), want, text(other), got)
		}
	})
}

// byTempids shows facts with tempids in place of the ids of new entities.
func byTempids(fs mfacts, r Report) string {
	names := map[string]string{}
	for _, temp := range slices.Sorted(maps.Keys(r.Tempids)) {
		if id := r.Tempids[temp]; id >= r.Before.s.next {
			names[fmt.Sprint(id)] += "+" + temp
		}
	}
	out := mfacts{}
	for f := range fs {
		if n, ok := names[f.e]; ok {
			f.e = n
		}
		if n, ok := names[f.v]; ok && is(f.a, "ref") {
			f.v = n
		}
		out[f] = true
	}
	return out.String()
}

// person is a map with a unique key, and perhaps with other people in it.
func person(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		n := rapid.IntRange(0, 9).Draw(t, "n")
		var b strings.Builder
		fmt.Fprintf(&b, "{:person/email \"p%d\" :person/name \"Person %d\" :person/height %d :person/aka [\"x%d\" \"y\"]", n, n, n, n)
		if depth > 0 && rapid.Bool().Draw(t, "boss") {
			fmt.Fprintf(&b, " :person/friend [%s]", person(depth-1).Draw(t, "friend"))
		}
		if depth > 0 && rapid.Bool().Draw(t, "reverse") {
			fmt.Fprintf(&b, " :person/_friend %s", person(depth-1).Draw(t, "back"))
		}
		return b.String() + "}"
	})
}

func TestTheSameMapsTwiceAddNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newPeople(t)
		forms := strings.Join(rapid.SliceOf(person(2)).Draw(t, "people"), "\n")
		w.ok(forms)
		root := w.factsOf().String()
		if r := w.ok(forms); len(r.Datoms) != 1 || r.Datoms[0].A != attrTxInstant {
			t.Fatalf("%s\nthe second time:\n%s", forms, w.show(r.Datoms))
		}
		if w.factsOf().String() != root {
			t.Fatal("the facts changed")
		}
	})
}
