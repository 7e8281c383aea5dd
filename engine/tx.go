package engine

import (
	"context"
	"slices"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// expansion is what tx data comes to on a certain database.
type expansion struct {
	datoms  []Datom       // net adds and retracts in EAVT order, those of the tx entity included
	tempids map[string]ID // "-1" for a negative number, the text for a string
	at      time.Time     // the transaction's :db/txInstant
	blocks  []cas.Block   // values that live out of line
	from    *state        // what the datoms are changes of: the database less what is purged
	purged  purged
}

// expand turns tx data into datoms: transaction t on db, at the time now.
// next is the smallest user id that was never used. It reads db and writes
// nothing. A refusal is a *TxError.
//
// It goes in steps, each over all forms at once, so that their order hardly
// matters: purge takes away what shall never have been; declare reads what is said of attributes; read turns forms into acts
// and claims; settle finds which entities are meant, and name gives ids to new ones;
// remove lists what belongs to entities that go; compare finds what acts change; compose
// keeps composite tuples; the checks that need the outcome come last.
func expand(ctx context.Context, db DB, forms []edn.Value, t uint64, now time.Time, next ID) (expansion, error) {
	db, gone, err := purge(ctx, db, forms)
	if err != nil {
		return expansion{}, err
	}
	schema, err := declare(ctx, db, forms, t, next)
	if err != nil {
		return expansion{}, err
	}
	x := newTx(db, schema, t, next)
	if err := x.read(forms); err != nil {
		return expansion{}, err
	}
	x.acts = append(x.acts, gone.parted(db.Schema())...)
	if err := x.stamp(now); err != nil {
		return expansion{}, err
	}
	if err := x.net(ctx); err != nil {
		return expansion{}, err
	}
	if err := x.verify(ctx); err != nil {
		return expansion{}, err
	}
	r := x.result()
	r.from, r.purged = db.s, gone
	return r, nil
}

// tx is one transaction in the making.
type tx struct {
	db         DB
	schema     *Schema // with what this transaction declares
	t          uint64
	id         ID   // the transaction's own entity
	next       ID   // smallest user id that was free before
	last       ID   // largest user id that tx data names
	schemaOnly bool // reading declarations: whatever is not about the schema is left out

	nodes    nodes
	tempids  map[string]int32
	acts     []act
	seq      int32
	lookups  map[lookup]int32
	implied  map[implied]bool
	late     []lateTuple
	claims   []claim
	swaps    []swap
	removals []removal
	guards   []guard

	stamped   bool    // tx data gives the :db/txInstant
	stampedAt edn.Pos // where
	at        int64   // :db/txInstant

	free    ID           // the next user id to give
	removed map[ID]int32 // retracted entities, and the form that did it
	touched []ID         // entities with parts of composite tuples
	stated  []act        // what tx data says of composite tuples
	out     []Datom      // net, in EAVT order
}

func newTx(db DB, schema *Schema, t uint64, next ID) *tx {
	return &tx{
		db: db, schema: schema, t: t, id: TxID(t), next: next,
		tempids: map[string]int32{}, lookups: map[lookup]int32{},
	}
}

// net settles who is who and finds what changes.
func (x *tx) net(ctx context.Context) error {
	return inTurn(ctx, x.settle, x.name, x.remove, x.compare, x.compose)
}

// verify checks what only the outcome can tell.
func (x *tx) verify(ctx context.Context) error {
	return inTurn(ctx, x.checkSwaps, x.checkUnique, x.checkSchema, x.checkGuards)
}

// inTurn takes steps until one fails.
func inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (x *tx) result() expansion {
	r := expansion{datoms: x.out, tempids: make(map[string]ID, len(x.tempids)), at: time.UnixMilli(x.at).UTC()}
	for name, n := range x.tempids {
		r.tempids[name] = x.nodes.root(n).id
	}
	r.outline()
	return r
}

// outline moves large values into blocks of their own.
func (r *expansion) outline() {
	any := false
	for i := range r.datoms {
		d := &r.datoms[i]
		stored, block, moved := outline(d.V)
		if moved && d.Added {
			r.blocks = append(r.blocks, block)
		}
		d.V, any = stored, any || moved
	}
	if any { // stand-ins sort in their own way
		slices.SortFunc(r.datoms, func(a, b Datom) int { return compareDatoms(&a, &b) })
	}
}
