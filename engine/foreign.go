package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
)

// Foreign is a database that is kept in another way than in trees of blocks, and read where it is. A DB made of one answers all that reads
// datoms. It has no commits, no roots that tell of content, and no list of names: what needs those needs a conversion.
type Foreign interface {
	// Select yields the datoms that fit, in batches, in the order of w.Order as SortDatoms makes it.
	Select(ctx context.Context, w Want) iter.Seq2[[]Datom, error]
	// Estimate is about how many Select would yield, and 0 only when there are none.
	Estimate(ctx context.Context, w Want) (uint64, error)
}

// View is which datoms of a Foreign are wanted.
type View uint8

const (
	Current View = iota // what holds
	Over                // what was retracted or replaced, and retractions
	Both
)

// Want is what a Foreign is asked for.
type Want struct {
	Order  Index
	View   View
	E, A   Opt[ID]
	V      Opt[Value]
	Lo, Hi Opt[Value] // with Order AVET and A: lo <= value < hi
}

// AboutForeign is what is known of a Foreign without reading datoms.
type AboutForeign struct {
	Name       string // tells it from all others that are not equal
	T          uint64
	At         time.Time
	Options    Options
	Attributes []*Attribute // with the ids that AttributeID gives, by rising id
	From       cas.Getter   // an Elsewhere that has the commit called Name and those before it; nil: there are none
}

// AttributeID is the id of the ith attribute of a schema.
func AttributeID(i int) ID { return firstAttr + ID(i) }

// FromForeign is a foreign database as a value.
func FromForeign(f Foreign, about AboutForeign) (DB, error) {
	schema, err := schemaOf(about.Options, about.Attributes)
	if err != nil {
		return DB{}, err
	}
	s := &state{
		env: foreignEnv(about.From), foreign: f, opts: about.Options,
		t: about.T, at: about.At, schema: schema, ids: identitiesOf(schema),
	}
	s.trees = emptyTrees(s.env.nodes)
	s.snapshot = foreignBlock(about.Name)
	s.once.Do(func() {})
	s.commit = Commit{ID: s.snapshot.CID(), T: about.T, At: about.At, foreign: about.From != nil}
	return DB{s: s}, nil
}

func foreignEnv(from cas.Getter) *env {
	if from == nil {
		from = cas.NewMemory()
	}
	return newEnv(from, defaultCache)
}

// foreignBlock stands for what has no block.
func foreignBlock(name string) cas.Block {
	return cas.NewBlock(cas.DagCBOR, dagcbor.AppendText(nil, "foreign "+name))
}

// IsForeign tells whether the value is read from a Foreign.
func (db DB) IsForeign() bool { return db.s != nil && db.s.foreign != nil }

// SortDatoms puts datoms into the order of an index; in AEVT and AVET they are of one attribute.
func SortDatoms(order Index, list []Datom) {
	if len(list) < 2 {
		return
	}
	type row struct {
		key []byte
		Datom
	}
	rows := make([]row, len(list))
	for i, d := range list {
		stored := d
		stored.V, _, _ = outline(d.V)
		rows[i] = row{datomLayout{order: order, history: true}.appendKey(nil, stored), d}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return bytes.Compare(a.key, b.key) })
	for i := range rows {
		list[i] = rows[i].Datom
	}
}

// planForeign is plan for a value that is read from a Foreign, which sees to values itself.
func (db DB) planForeign(p Pattern) ([]span, filter) {
	w := Want{E: p.E, A: p.A, V: p.V}
	switch {
	case p.E.Set:
	case p.A.Set && p.V.Set:
		w.Order = AVET
	case p.A.Set:
		w.Order = AEVT
	}
	return db.foreignSpan(w), db.viewFilter(p)
}

func (db DB) foreignSpan(w Want) []span {
	return []span{{order: w.Order, attr: w.A.Val, want: w, foreign: db.s.foreign}}
}

func (sp span) wanted(history bool) Want {
	w := sp.want
	if history {
		w.View = Both
	}
	return w
}

// elsewhere yields the rows of a span of a Foreign.
func (sp span) elsewhere(ctx context.Context, history bool) iter.Seq2[batch, error] {
	w := sp.wanted(history)
	return func(yield func(batch, error) bool) {
		skip := sp.skip
		for list, err := range sp.foreign.Select(ctx, w) {
			if n := min(skip, uint64(len(list))); n > 0 {
				skip -= n
				list = list[n:]
			}
			c := newColumns(len(list), !w.A.Set, history)
			for i := range list {
				c.set(i, &list[i])
			}
			if !yield(batch{Columns: c}, err) || err != nil {
				return
			}
		}
	}
}

// collectEntity appends the datoms of an entity, those that hold or those that are over.
func (s *state) collectEntity(ctx context.Context, dst []Datom, e ID, view View) ([]Datom, error) {
	if s.foreign == nil {
		t := s.trees.eavt.now
		if view == Over {
			t = s.trees.eavt.was
		}
		lo := appendUint(nil, uint64(e))
		return collect(ctx, dst, t, lo, prefixEnd(lo))
	}
	for list, err := range s.foreign.Select(ctx, Want{E: Some(e), View: view}) {
		if err != nil {
			return dst, err
		}
		dst = append(dst, list...)
	}
	return dst, nil
}

// foreignPlace is the place for what is computed from an attribute of a Foreign.
func (db DB) foreignPlace(a ID, order Index, what any) Derived {
	name := binary.BigEndian.AppendUint64(db.s.snapshot.CID().Bytes(), uint64(a))
	id := cas.NewBlock(cas.Raw, append(name, byte(order))).CID()
	return Derived{db.s.env.derived, derivedKey{now: id, after: db.after, history: db.history, what: what}}
}

// entidForeign is Entid for a value that is read from a Foreign.
func (db DB) entidForeign(ctx context.Context, a ID, v Value) (ID, bool, error) {
	for list, err := range db.s.foreign.Select(ctx, Want{Order: AVET, A: Some(a), V: Some(v)}) {
		if err != nil {
			return 0, false, fmt.Errorf("look up an entity by attribute %d: %w", a, err)
		}
		for _, d := range list {
			if d.T > db.after {
				return d.E, true, nil
			}
		}
	}
	return 0, false, nil
}
