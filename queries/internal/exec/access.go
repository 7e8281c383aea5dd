package exec

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// access is a pattern as it is asked once some of its variables are bound.
type access struct {
	run   *run
	p     *logic.Pattern
	bound []slot   // places of variables that are bound
	fresh []slot   // places of variables that are not
	again [][2]int // pairs of places with the same variable
	join  *joiner
	key   []term
	value []term
	attrs map[engine.ID]term // keywords of attributes
}

// slot is a variable at a place of a pattern.
type slot struct {
	v     lang.Var
	place int
}

func slotVars(slots []slot) []lang.Var {
	var vars []lang.Var
	for _, s := range slots {
		vars = append(vars, s.v)
	}
	return vars
}

func slotAt(slots []slot, place int) (lang.Var, bool) {
	i := slices.IndexFunc(slots, func(s slot) bool { return s.place == place })
	if i < 0 {
		return "", false
	}
	return slots[i].v, true
}

// look sorts the places of a pattern.
func look(r *run, p *logic.Pattern, vars []lang.Var) *access {
	a := &access{run: r, p: p}
	first := map[lang.Var]int{}
	for i, t := range p.Terms {
		if t.Kind != lang.Variable {
			continue
		}
		at, again := first[t.Var]
		switch {
		case again:
			a.again = append(a.again, [2]int{at, i})
			continue
		case slices.Contains(vars, t.Var):
			a.bound = append(a.bound, slot{t.Var, i})
		default:
			a.fresh = append(a.fresh, slot{t.Var, i})
		}
		first[t.Var] = i
	}
	return a
}

// start readies the access for joining with a relation.
func (a *access) start(left *rel, keep []lang.Var) {
	a.join = newJoiner(a.run, left, slotVars(a.bound), slotVars(a.fresh), keep)
	a.key, a.value = make([]term, len(a.bound)), make([]term, len(a.fresh))
	a.attrs = map[engine.ID]term{}
}

// pattern joins a relation with what matches a pattern.
func (r *run) pattern(left *rel, p *logic.Pattern, keep []lang.Var, s *Step) (*rel, error) {
	x, err := r.extending(left, p)
	if err != nil {
		return nil, err
	}
	if x != nil {
		s.Index = x.how()
		return x.run(r, left)
	}
	b, err := r.probing(left, p, keep, 0)
	if err != nil {
		return nil, err
	}
	if b != nil {
		s.Index = b.how()
		return b.result()
	}
	a := look(r, p, left.vars)
	a.start(left, keep)
	if p.Never {
		s.Index = "no such attribute or value"
		return a.join.out.finish()
	}
	if !p.Source.Input.IsDB {
		s.Index = "tuples"
		a.join.out.dups = true
		if err := a.tuples(); err != nil {
			return nil, err
		}
		return a.join.out.finish()
	}
	how, scans, err := r.scans(left, a)
	if err != nil {
		return nil, err
	}
	s.Index = how
	a.join.out.dups = len(a.join.fresh) > 0
	for b, err := range scans {
		if err == nil {
			err = a.batch(b)
		}
		if err != nil {
			return nil, err
		}
		if a.join.done() {
			break
		}
	}
	return a.join.out.finish()
}

// batch is datoms, all of one attribute when A is nil.
type batch struct {
	engine.Columns
	attr engine.ID
}

// batch joins a batch of datoms.
func (a *access) batch(b batch) error {
	a.run.scanned += len(b.E)
	for i := range b.E {
		if !a.agrees(b, i) {
			continue
		}
		for k, s := range a.bound {
			a.key[k] = a.term(b, s.place, i)
		}
		for k, s := range a.fresh {
			if a.wanted(k) {
				a.value[k] = a.term(b, s.place, i)
			}
		}
		if err := a.join.add(a.key, a.value); err != nil {
			return err
		}
	}
	return nil
}

// wanted tells whether a fresh variable goes on.
func (a *access) wanted(k int) bool { return slices.Contains(a.join.fresh, k) }

// agrees tells whether a variable that stands twice has one value.
func (a *access) agrees(b batch, i int) bool {
	for _, pair := range a.again {
		if a.term(b, pair[0], i) != a.term(b, pair[1], i) {
			return false
		}
	}
	return true
}

// term is what stands at a place of a datom.
func (a *access) term(b batch, place, i int) term {
	switch place {
	case logic.PlaceE:
		return a.run.entity(b.E[i])
	case logic.PlaceA:
		if b.A == nil {
			return a.attribute(b.attr)
		}
		return a.attribute(b.A[i])
	case logic.PlaceV:
		return a.run.dict.Stored(b.V[i])
	case logic.PlaceT:
		return a.run.entity(engine.TxID(b.T[i]))
	}
	return engine.BoolTerm(b.Added == nil || b.Added[i])
}

// entity is the term of an entity id.
func (r *run) entity(id engine.ID) term {
	if t, ok := engine.IntTerm(int64(id)); ok {
		return t
	}
	return r.dict.Of(edn.MakeInt(int64(id)))
}

func (a *access) attribute(id engine.ID) term {
	if t, ok := a.attrs[id]; ok {
		return t
	}
	at, _ := a.p.Source.Input.DB.Schema().ByID(id)
	t := a.run.dict.Stored(engine.Keyword(at.Ident))
	a.attrs[id] = t
	return t
}

// tuples joins the tuples of a collection.
func (a *access) tuples() error {
	consts := map[int]term{}
	longest := 0
	for i, t := range a.p.Terms {
		if t.Kind != lang.Blank {
			longest = i + 1
		}
		if t.Kind == lang.Constant {
			consts[i] = a.run.dict.Of(t.Value)
		}
	}
	for _, row := range a.p.Source.Rows {
		a.run.scanned++
		if len(row) < longest || !a.tupleFits(row, consts) {
			continue
		}
		for k, s := range a.bound {
			a.key[k] = a.run.dict.Of(row[s.place])
		}
		for k, s := range a.fresh {
			a.value[k] = a.run.dict.Of(row[s.place])
		}
		if err := a.join.add(a.key, a.value); err != nil || a.join.done() {
			return err
		}
	}
	return nil
}

func (a *access) tupleFits(row []edn.Value, consts map[int]term) bool {
	for i, t := range consts {
		if a.run.dict.Of(row[i]) != t {
			return false
		}
	}
	for _, pair := range a.again {
		if a.run.dict.Of(row[pair[0]]) != a.run.dict.Of(row[pair[1]]) {
			return false
		}
	}
	return true
}
