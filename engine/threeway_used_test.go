package engine

import "testing"

// TestRevertFirstUse takes back the transaction that used an attribute first, where attributes need not be declared: its values go, the attribute stays and can be used again.
func TestRevertFirstUse(t *testing.T) {
	w := startStory(t, Options{SchemaOnRead: true})
	w.must(`[{:db/id 1 :a/x 1}]`)
	w.must(`[{:db/id 2 :b/y "first use" :a/x 2}]`)
	used := w.conn.dbNow(t).Commit()
	w.must(`[{:db/id 3 :a/x 3} {:db/id 4 :b/y "second use"}]`)
	out, err := w.conn.Revert(w.ctx, used, nil, Meta{})
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[ID]bool{1: true, 2: false, 3: true, 4: true} {
		if has, err := hasDatoms(w.ctx, out.After, e); err != nil || has != want {
			t.Errorf("entity %d: %v, %v", e, has, err)
		}
	}
	if r, err := w.conn.Transact(w.ctx, forms(t, `[{:db/id 2 :b/y "again"}]`), Meta{}); err != nil || len(r.Datoms) != 2 {
		t.Errorf("the attribute is used again: %v, %v", r.Datoms, err)
	}
}

// TestRevertDeclaration does not take a declaration back: it cannot be, and says so.
func TestRevertDeclaration(t *testing.T) {
	for _, o := range []Options{{}, {SchemaOnRead: true}} {
		w := startStory(t, o)
		w.must(`[{:db/ident :c/z :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]`)
		if _, err := w.conn.Revert(w.ctx, w.conn.dbNow(t).Commit(), nil, Meta{}); err == nil {
			t.Errorf("%+v: a declaration was taken back", o)
		}
	}
}
