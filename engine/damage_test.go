package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// lossy is a store that has lost a block, or has it damaged.
type lossy struct {
	*cas.Memory
	bad  cid.Cid
	gone bool
}

func (l lossy) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	switch {
	case id != l.bad:
		return l.Memory.Get(ctx, id)
	case l.gone:
		return cas.Block{}, fmt.Errorf("block %s: %w", id, cas.ErrNotFound)
	}
	return cas.Block{}, &cas.CorruptError{CID: id, Reason: "a flipped bit"}
}

func (l lossy) Has(ctx context.Context, id cid.Cid) (bool, error) {
	if id == l.bad && l.gone {
		return false, nil
	}
	return l.Memory.Has(ctx, id)
}

// newDamageable is a database with a block of each kind: several levels, history, names, values out of line, a transaction in
// parts, two snapshots beside the first ones, a tail, and a branch that points into the past.
func newDamageable(t *testing.T) (*cas.Memory, []Commit) {
	t.Helper()
	s := cas.NewMemory()
	conn, err := Create(t.Context(), s, "main", Options{}, time.UnixMilli(1000))
	if err != nil {
		t.Fatal(err)
	}
	clock := time.UnixMilli(2000)
	conn.now = func() time.Time { clock = clock.Add(time.Second); return clock }
	var line []Commit
	write := func(transact func(context.Context, []edn.Value, Meta) (Report, error), tx string) {
		t.Helper()
		r, err := transact(t.Context(), forms(t, tx), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		line = append(line, r.Commit)
	}
	db, err := conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	line = append(line, db.s.commit)
	write(conn.Transact, `[{:db/ident :p/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
		{:db/ident :p/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
		{:db/ident :p/brief :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/noHistory true}]`)
	var people, long strings.Builder
	for i := range 400 {
		fmt.Fprintf(&people, `{:p/id "p%d" :p/name "name %d"}`, i*7919%100003, i)
	}
	for i := range 320 {
		fmt.Fprintf(&long, `{:p/id "l%d" :p/name "%0900d"}`, i, i)
	}
	write(conn.TransactLast, "["+people.String()+"]")
	write(conn.Transact, "["+long.String()+"]")
	write(conn.Transact, fmt.Sprintf(`[{:p/id "l0" :p/name %q} {:p/id "l1" :p/brief %q}]`, strings.Repeat("x", 3000), strings.Repeat("y", 3000)))
	for i := range 14 {
		transact := conn.Transact
		if i == 7 {
			transact = conn.TransactLast
		}
		write(transact, fmt.Sprintf(`[{:p/id "l%d" :p/name "again %d" :p/brief "b"}]`, 1+i%3, i))
	}
	if err := Branch.Create(t.Context(), s, "old", line[5].ID); err != nil {
		t.Fatal(err)
	}
	return s, line
}

func explainOne(t *testing.T, s lossy, refs []cas.Ref) Damage {
	t.Helper()
	var heads []cid.Cid
	for _, r := range refs {
		heads = append(heads, r.CID)
	}
	found, err := cas.Verify(t.Context(), s, heads, nil, nil)
	if err != nil || len(found.Faults) != 1 {
		t.Fatalf("%v, %v", err, found.Faults)
	}
	var read int64
	all, err := Explain(t.Context(), s, refs, found.Faults, func(n int64) { read = n })
	if err != nil || len(all) != 1 || all[0].CID != s.bad || read == 0 {
		t.Fatalf("block %s: %v, %v, %d bytes read", s.bad, all, err, read)
	}
	return all[0]
}

// TestExplainBounds checks what is told of entities, values and names in the middle of trees.
func TestExplainBounds(t *testing.T) {
	s, _ := newDamageable(t)
	refs, err := s.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := Connect(t.Context(), s, "main")
	if err != nil {
		t.Fatal(err)
	}
	db, err := conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base, err := readSnapshot(t.Context(), newEnv(s, 0), newEnv(s, 0), db.s.commit.Base)
	if err != nil {
		t.Fatal(err)
	}
	err = base.eachTree(func(tree damagedTree, root tree) error {
		id, err := root.Root()
		if err != nil || root.n == 0 {
			return err
		}
		n, err := base.env.nodes.Node(t.Context(), tree.layout, id)
		if err != nil || len(n.Children) < 3 || n.Level != 1 {
			return err
		}
		child, err := base.env.nodes.Node(t.Context(), tree.layout, n.Children[1].CID)
		if err != nil {
			return err
		}
		first, _ := tree.key(child.Leaf.AppendKey(nil, 0))
		if d := explainOne(t, lossy{s, n.Children[1].CID, true}, refs); !strings.Contains(d.What, "leaf of "+tree.name) || !strings.Contains(d.What, " "+first+" to ") {
			t.Errorf("%s: %s, where the first is %s", tree.name, d.What, first)
		}
		if d := explainOne(t, lossy{s, n.Children[len(n.Children)-1].CID, true}, refs); !strings.HasSuffix(d.What, " on") {
			t.Errorf("%s: %s", tree.name, d.What)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestExplainSeveral has faults of several kinds at once, and one that is only there in the history that GC has left.
func TestExplainSeveral(t *testing.T) {
	s, line := newDamageable(t)
	if err := Branch.Delete(t.Context(), s, "old", line[5].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := GC(t.Context(), s, Retention{Last: 3}, false, nil); err != nil {
		t.Fatal(err)
	}
	refs, err := s.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head := line[len(line)-1]
	faults := []cas.Fault{
		{CID: head.Tx, Err: errors.New("a flipped bit")}, {CID: head.Base, Err: errors.New("gone")}, {CID: line[1].Tx, Err: cas.ErrNotFound},
	}
	all, err := Explain(t.Context(), s, refs, faults, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := all[0]; d.What != fmt.Sprintf("transaction of t %d", head.T) || d.Closed != 1 {
		t.Errorf("%+v", d)
	}
	if d := all[1]; d.What != "snapshot" || d.Last != head.T {
		t.Errorf("%+v", d)
	}
	if d := all[2]; d.Commits != 0 || d.What != "block that nothing readable tells of" {
		t.Errorf("%+v", d)
	}
}
