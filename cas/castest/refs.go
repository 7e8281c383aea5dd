package castest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

func testRefs(t *testing.T, s cas.RefStore) {
	a, b := Raw(1), Raw(2)
	put(t, s, a, b)
	setRef(t, s, "heads/main", cid.Undef, a.CID())
	wantRef(t, s, "heads/main", a.CID())
	setRef(t, s, "heads/main", a.CID(), b.CID())
	wantRef(t, s, "heads/main", b.CID())
	setRef(t, s, "heads/main", b.CID(), b.CID())
	setRef(t, s, "tags/v1", cid.Undef, a.CID())
	wantRef(t, s, "heads/main", b.CID())
	wantRef(t, s, "tags/v1", a.CID())

	setRef(t, s, "heads/main", b.CID(), cid.Undef)
	wantRef(t, s, "heads/main", cid.Undef)
	wantRef(t, s, "tags/v1", a.CID())
	setRef(t, s, "heads/main", cid.Undef, cid.Undef)
	setRef(t, s, "heads/main", cid.Undef, a.CID())
	wantRef(t, s, "heads/main", a.CID())
	wantAll(t, s, a, b)
}

// testRefsSorted has names where one is another with a slash behind it, and
// names that differ only in case: both are different refs everywhere.
func testRefsSorted(t *testing.T, s cas.RefStore) {
	names := []string{"heads/main", "heads/main/fix", "heads/Main", "tags/v1.0", "tags/v1_0", "tags/v1-0", "a", "Z", "heads/con"}
	var want []cas.Ref
	for i, name := range names {
		want = append(want, cas.Ref{Name: name, CID: Raw(uint64(i)).CID()})
		put(t, s, Raw(uint64(i)))
		setRef(t, s, name, cid.Undef, Raw(uint64(i)).CID())
	}
	slices.SortFunc(want, func(a, b cas.Ref) int { return strings.Compare(a.Name, b.Name) })
	got, err := s.Refs(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Refs = %v, %v, want %v", got, err, want)
	}
	for _, r := range want {
		wantRef(t, s, r.Name, r.CID)
	}
	setRef(t, s, "heads/main", Raw(0).CID(), cid.Undef)
	wantRef(t, s, "heads/main/fix", Raw(1).CID())
	wantRef(t, s, "heads/main", cid.Undef)
}

func testRefNames(t *testing.T, s cas.RefStore) {
	id := Raw(1).CID()
	put(t, s, Raw(1))
	long := "heads/" + strings.Repeat("x", cas.MaxRefName-6)
	for _, name := range []string{"x", "heads/a.b", "heads/-", "heads/UPPER_lower-09", long} {
		setRef(t, s, name, cid.Undef, id)
		wantRef(t, s, name, id)
	}
	for _, name := range []string{
		"", "/", "heads/", "/heads", "heads//x", "..", "heads/..", "../x", "heads/../x", "heads/a..b",
		".", "heads/.hidden", "heads/a b", "heads/ä", "heads/a\x00", "heads\\x", "heads/x:y", "heads/*", "heads/\xff", long + "x",
	} {
		if err := s.SetRef(t.Context(), name, cid.Undef, id); err == nil {
			t.Errorf("SetRef took the name %q", name)
		}
		if _, err := s.Ref(t.Context(), name); err == nil {
			t.Errorf("Ref found the name %q", name)
		}
		if err := cas.Commit(t.Context(), s, nil, name, cid.Undef, id); err == nil {
			t.Errorf("Commit took the name %q", name)
		}
	}
	if refs, err := s.Refs(t.Context()); err != nil || len(refs) != 5 {
		t.Errorf("Refs = %v, %v, want the 5 good names", refs, err)
	}
}

func testRefConflict(t *testing.T, s cas.RefStore) {
	a, b, c := Raw(1).CID(), Raw(2).CID(), Raw(3).CID()
	put(t, s, Raw(1), Raw(2), Raw(3))
	setRef(t, s, "heads/main", cid.Undef, a)
	for _, move := range []struct {
		name      string
		old, next cid.Cid
	}{
		{"heads/main", cid.Undef, b}, // exists already
		{"heads/main", cid.Undef, a}, // also when it points there
		{"heads/main", b, c},
		{"heads/main", b, a},
		{"heads/main", b, cid.Undef},
		{"heads/main", cid.Undef, cid.Undef},
		{"heads/other", a, b}, // does not exist
		{"heads/other", a, cid.Undef},
	} {
		wantConflict(t, s.SetRef(t.Context(), move.name, move.old, move.next))
		wantConflict(t, cas.Commit(t.Context(), s, nil, move.name, move.old, move.next))
	}
	wantRef(t, s, "heads/main", a)
	wantRef(t, s, "heads/other", cid.Undef)
}

func wantConflict(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, cas.ErrConflict) {
		t.Errorf("error %v, want one that wraps ErrConflict", err)
	}
}

// testRefABA moves a ref away and back: who expects the value in between loses,
// who expects the value that is there wins, however often it was there before.
func testRefABA(t *testing.T, s cas.RefStore) {
	a, b := Raw(1).CID(), Raw(2).CID()
	put(t, s, Raw(1), Raw(2))
	setRef(t, s, "heads/main", cid.Undef, a)
	for range 5 {
		setRef(t, s, "heads/main", a, b)
		setRef(t, s, "heads/main", b, a)
	}
	wantConflict(t, s.SetRef(t.Context(), "heads/main", b, a))
	setRef(t, s, "heads/main", a, cid.Undef)
	setRef(t, s, "heads/main", cid.Undef, a)
	wantRef(t, s, "heads/main", a)
}

// testCommit checks the one step, whether the store has one of its own or not.
func testCommit(t *testing.T, s cas.RefStore) {
	blocks := Graph(4, 20)
	root := blocks[19].CID()
	if err := cas.Commit(t.Context(), s, blocks, "heads/main", cid.Undef, root); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	wantRef(t, s, "heads/main", root)
	wantBlocks(t, s, blocks...)

	late := Node(7, root)
	wantConflict(t, cas.Commit(t.Context(), s, []cas.Block{late}, "heads/main", blocks[0].CID(), late.CID()))
	wantRef(t, s, "heads/main", root)
	if err := cas.Commit(t.Context(), s, []cas.Block{late}, "heads/main", root, late.CID()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	wantRef(t, s, "heads/main", late.CID())
	wantBlocks(t, s, late)
	if err := cas.Commit(t.Context(), s, nil, "heads/main", late.CID(), cid.Undef); err != nil {
		t.Fatalf("Commit without blocks: %v", err)
	}
	wantRef(t, s, "heads/main", cid.Undef)
	if err := cas.Commit(t.Context(), s, []cas.Block{{}}, "heads/main", cid.Undef, root); err == nil {
		t.Error("Commit took a block without a CID")
	}
	wantRef(t, s, "heads/main", cid.Undef)
}
