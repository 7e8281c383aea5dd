package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// A three-way merge applies what theirs did since base to ours, by entity and attribute, and by value where an attribute
// has many. Where ours did something else about the same, it is a conflict. What theirs did becomes tx data, so that the
// transaction's own rules hold for the outcome. It reads what differs, and what it touches.
//
// What theirs says of its transactions stays with theirs: the transactions of the result are those of ours.

// threeWay is one merge in the making.
type threeWay struct {
	base, ours, theirs DB
	common             *common
	choose             func(Conflict) Choice

	ids    map[ID]ID // what is new in theirs, and what it is called in the result
	origin map[ID]ID // the other way round
	mine   changes   // what ours did
	other  changes   // what theirs did, in the result's ids

	settled   map[ID]bool // entities that were decided upon as a whole
	unref     map[ID]bool // entities of which theirs' changes of refs to them are left out
	conflicts []Conflict  // undecided ones
	decided   []Conflict
	forms     []edn.Value
}

// slot is one attribute of one entity.
type slot struct{ e, a ID }

// change is what one side did to a slot.
type change struct{ added, removed []Value }

// changes are what one side did, in the order of its EAVT index.
type changes struct {
	at    map[slot]*change
	order []slot
	refs  map[ID][]slot // where an entity is newly referred to

	byEntity map[ID][]slot
}

// merged is tx data that does to ours what theirs did since base. The error is a *ConflictError where choose leaves anything undecided.
func merged(ctx context.Context, c *common, ours, theirs DB, choose func(Conflict) Choice) (*threeWay, error) {
	w := &threeWay{
		base: c.base, common: c, ours: ours, theirs: theirs, choose: choose,
		ids: map[ID]ID{}, origin: map[ID]ID{}, settled: map[ID]bool{}, unref: map[ID]bool{},
	}
	var err error
	if w.mine, err = changesOf(ctx, c.base, ours); err != nil {
		return nil, err
	}
	maps.Copy(w.ids, c.ids)
	if w.other = c.theirs; c.virtual == nil {
		w.other, err = changesOf(ctx, c.base, theirs)
	}
	for s := range c.contested {
		if err == nil {
			err = w.mine.touch(ctx, ours, s)
		}
	}
	if err != nil {
		return nil, err
	}
	w.keepUsed()
	if err := inTurn(ctx, w.renumber, w.retractions, w.values); err != nil {
		return nil, err
	}
	if c.failed != nil {
		return nil, c.failed
	}
	if len(w.conflicts) > 0 {
		return nil, &ConflictError{w.conflicts}
	}
	return w, nil
}

// Changes is tx data that turns a into another value of the same database: new attributes first, then what differs. What is
// said of transactions is not among it.
func Changes(ctx context.Context, a, b DB) ([]edn.Value, error) {
	w, err := merged(ctx, plain(a), a, b, func(Conflict) Choice { return Choice{Take: TakeTheirs} })
	if err != nil {
		return nil, err
	}
	return w.forms, nil
}

// changesOf is what leads from one value to another, large values included.
func changesOf(ctx context.Context, from, to DB) (changes, error) {
	c := changes{at: map[slot]*change{}, refs: map[ID][]slot{}}
	for d, err := range Diff(ctx, from, to) {
		if err != nil {
			return c, err
		}
		if _, isTx := TxOf(d.E); isTx {
			continue
		}
		if d.V, err = to.Resolve(ctx, d.V); err != nil {
			return c, err
		}
		c.add(slot{d.E, d.A}, d.V, d.Added)
	}
	return c, nil
}

func (c *changes) add(s slot, v Value, added bool) {
	ch, ok := c.at[s]
	if !ok {
		ch = &change{}
		c.at[s], c.order = ch, append(c.order, s)
	}
	if !added {
		ch.removed = append(ch.removed, v)
		return
	}
	ch.added = append(ch.added, v)
	if v.Kind() == RefKind {
		c.refs[v.Ref()] = append(c.refs[v.Ref()], s)
	}
}

// decide asks for a choice and keeps what was chosen; ok is false, and the conflict kept, when there is none.
func (w *threeWay) decide(ctx context.Context, c Conflict) (Choice, bool, error) {
	var err error
	if c.OursBy, err = w.author(ctx, w.ours, c, c.Entity); err != nil {
		return Choice{}, false, err
	}
	if c.TheirsBy, err = w.author(ctx, w.theirs, c, w.before(c.Entity)); err != nil {
		return Choice{}, false, err
	}
	choice := w.choose(c)
	if choice.Take == Undecided {
		w.conflicts = append(w.conflicts, c)
		return choice, false, nil
	}
	if choice.Take == TakeValues && c.Kind != ConflictValue {
		return choice, false, fmt.Errorf("conflict over entity %d: a value cannot settle a conflict of kind %s, take one side", c.Entity, c.Kind)
	}
	w.decided = append(w.decided, c)
	return choice, true, nil
}

// author is the commit of the last transaction since base that touched what a conflict is about on one side; the side's own where none is known.
func (w *threeWay) author(ctx context.Context, db DB, c Conflict, e ID) (Commit, error) {
	p := Pattern{E: Some(e)}
	if a, ok := db.Schema().ByIdent(c.Attr); ok {
		p.A = Some(a.ID)
	}
	if c.Kind == ConflictUnique && db == w.ours {
		p.E = Some(c.Holder)
	}
	newest := uint64(0)
	for d, err := range db.History().Match(ctx, p) {
		if err != nil {
			return Commit{}, err
		}
		newest = max(newest, d.T)
	}
	if newest <= w.base.T() {
		newest = db.T()
	}
	return ancestorAt(ctx, db.s.env, db.s.commit, min(newest, db.T()))
}

// attrs is what an attribute will be once both sides' changes of the schema are made.
type attrs struct {
	ours, theirs *Attribute // nil where it is unknown
	many         bool
	unique       bool
	parts        []ID // of a composite tuple, in the result's ids
}

func (w *threeWay) attr(id ID) attrs {
	ours, _ := w.ours.Schema().ByID(id)
	theirs, _ := w.theirs.Schema().ByID(w.before(id))
	a := attrs{ours: ours, theirs: theirs, unique: w.unique(id, ours, theirs)}
	for _, s := range []*Attribute{ours, theirs} {
		if s == nil {
			continue
		}
		a.many = s.Many
		if len(s.TupleAttrs) > 0 && a.parts == nil {
			a.parts = s.TupleAttrs
			if s == theirs {
				a.parts = w.renamed(s.TupleAttrs)
			}
		}
	}
	if ours == nil || theirs == nil {
		return a
	}
	if base, ok := w.common.attr(id); !ok || base.Many == theirs.Many {
		a.many = ours.Many
	}
	return a
}

// unique tells whether an attribute will be unique, given how each side has it, nil where it does not.
func (w *threeWay) unique(id ID, ours, theirs *Attribute) bool {
	here, there := ours != nil && ours.Unique != NotUnique, theirs != nil && theirs.Unique != NotUnique
	base, ok := w.common.attr(id)
	if !ok || ours == nil || theirs == nil {
		return here || there
	}
	switch base.Unique {
	case theirs.Unique:
		return here
	case ours.Unique:
		return there
	}
	return here || there // both changed it: it may come to either
}

func (w *threeWay) renamed(ids []ID) []ID {
	out := make([]ID, len(ids))
	for i, id := range ids {
		out[i] = w.id(id)
	}
	return out
}

// ident is what people call the attribute.
func (a attrs) ident() string {
	if a.ours != nil {
		return a.ours.Ident
	}
	return a.theirs.Ident
}

// slotValues are the values of a slot of a database.
func slotValues(ctx context.Context, db DB, e, a ID) (values []Value, err error) {
	for d, err := range db.Match(ctx, Pattern{E: Some(e), A: Some(a)}) {
		if err != nil {
			return nil, err
		}
		v, err := db.Resolve(ctx, d.V)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// sameValues tells whether two lists have the same values, in any order.
func sameValues(a, b []Value) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(v Value) bool { return !slices.Contains(b, v) })
}
