package exec

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// probe answers a pattern for the rows of a relation from one side of its attribute: each
// row has a span of the side, and is put together with the rows of that.
type probe struct {
	run     *run
	now     *rel
	pattern *logic.Pattern
	keep    []lang.Var
	side    *side

	key    operand // by which rows find their spans
	other  operand
	tx, op operand
	span   span // of all rows, when the key is not bound
}

// probing prepares a pattern, which is worth so many look-ups at least. It is nil when the attribute's tree is to be asked instead.
func (r *run) probing(now *rel, p *logic.Pattern, keep []lang.Var, worth int) (*probe, error) {
	if !sided(p) {
		return nil, nil
	}
	b := &probe{
		run: r, now: now, pattern: p, keep: keep, tx: r.operand(now, p, logic.PlaceT), op: r.operand(now, p, logic.PlaceOp),
	}
	e, v := r.operand(now, p, logic.PlaceE), r.operand(now, p, logic.PlaceV)
	order, lookups, err := r.direction(now, p, e, v)
	if err != nil {
		return nil, err
	}
	if b.side, err = r.side(p, order, max(lookups, worth)); b.side == nil || err != nil {
		return nil, err
	}
	b.find(e, v)
	return b, nil
}

// find sets by what rows find their spans.
func (b *probe) find(e, v operand) {
	b.key, b.other = e, v
	if b.side.order == engine.AVET {
		b.key, b.other = v, e
	}
	switch {
	case b.key.kind == constant:
		b.span = b.side.groups.find(b.key.t)
	case !b.key.known():
		b.span = b.side.all()
		if b.side.order == engine.AVET && b.key.kind == fresh {
			b.span = b.run.valueRange(b.now, b.pattern, b.side)
		}
	}
}

// direction is the order of the side that a pattern is asked by, and how many times.
func (r *run) direction(now *rel, p *logic.Pattern, e, v operand) (order engine.Index, lookups int, err error) {
	n := now.n
	switch {
	case e.known() && v.known():
		if v.kind == constant && e.kind == bound || !p.Attr.Many {
			return engine.AEVT, n, nil
		}
		return engine.AVET, n, nil
	case e.kind == constant, v.kind == constant:
		matches, err := r.count(p)
		if v.kind == constant {
			order = engine.AVET
		} else {
			order = engine.AEVT
		}
		return order, 1 + int(matches)/lookupCost, err
	case e.known():
		return engine.AEVT, n, nil
	case v.known():
		return engine.AVET, n, nil
	}
	all, err := r.count(p)
	if v.kind == fresh {
		if lo, hi := r.bounds(now, p, v.v); lo.Set || hi.Set {
			return engine.AVET, int(all), err
		}
	}
	if !(e.kind == fresh && r.scope.matters(e.v)) {
		return engine.AVET, int(all), err
	}
	return engine.AEVT, int(all), err
}

// spans is the rows of the side for one row.
func (b *probe) spanOf(row int) span {
	if b.key.kind == bound {
		return b.side.groups.find(b.key.col[row])
	}
	return b.span
}

// filtered tells whether not all rows of a span pass.
func (b *probe) filtered() bool { return b.other.known() || b.tx.known() || b.op.known() }

// passes tells whether row i of the side fits a row in what its span does not decide.
func (b *probe) passes(row int, i int32) bool {
	return (!b.other.known() || b.side.others[i] == b.other.at(row)) &&
		(!b.tx.known() || b.side.txs[i] == b.tx.at(row)) &&
		(!b.op.known() || b.side.addedTerm(i) == b.op.at(row))
}

func (sd *side) addedTerm(i int32) term { return engine.BoolTerm(sd.added == nil || sd.added[i]) }

// narrowed is the part of a span where the other is known to be.
func (b *probe) narrowed(row int, s span) span {
	if !b.other.known() || s.len() <= 8 || !b.side.rising {
		return s
	}
	t := b.other.at(row)
	at := b.side.search(s, t)
	end := at
	for end < s.hi && b.side.others[end] == t {
		end++
	}
	return span{at, end}
}

// wants tells whether a fresh variable goes on.
func (b *probe) wants(o operand) bool { return o.kind == fresh && slices.Contains(b.keep, o.v) }

// result puts the rows together.
func (b *probe) result() (*rel, error) {
	b.note()
	tx, op := b.wants(b.tx), b.wants(b.op)
	switch {
	case b.counts():
		return b.count()
	case !b.matters(b.key) && !b.matters(b.other) && !tx && !op:
		return b.exist()
	case b.heads() && !tx && !op:
		return b.firsts()
	case b.filtered():
		return b.some()
	}
	return b.whole()
}

// note writes down what the side tells about which variables decide others.
func (b *probe) note() {
	sc := b.run.scope
	var key, other []lang.Var
	if b.key.kind == bound || b.key.kind == fresh {
		key = append(key, b.key.v)
	}
	if b.other.kind == bound || b.other.kind == fresh {
		other = append(other, b.other.v)
	}
	if b.side.single && other != nil && b.key.kind != anything {
		sc.depend(b.other.v, key...)
	}
	if b.side.once && key != nil && b.other.kind != anything {
		sc.depend(b.key.v, other...)
	}
	if b.side.unique && (b.tx.kind == bound || b.tx.kind == fresh) {
		if b.key.kind != anything && b.other.kind != anything {
			sc.depend(b.tx.v, append(key, other...)...)
		}
	}
	if b.op.kind == bound || b.op.kind == fresh {
		if b.side.added == nil {
			sc.depend(b.op.v)
		}
	}
}

// counts tells whether the matches of a row are only to be counted.
func (b *probe) counts() bool {
	sc := b.run.scope
	return sc.counting && b.side.unique && b.key.known() && b.matters(b.other) && !b.wants(b.other)
}

// count multiplies the weight of each row by the number of its matches.
func (b *probe) count() (*rel, error) {
	var rows []int32
	var weights []int64
	for row := range b.now.n {
		if row%checkEvery == 0 {
			if err := b.run.guard.Check(); err != nil {
				return nil, err
			}
		}
		if s := b.spanOf(row); s.len() > 0 {
			w := int64(s.len())
			if b.now.weights != nil {
				w *= b.now.weights[row]
			}
			rows, weights = append(rows, int32(row)), append(weights, w)
		}
	}
	kept := b.now.keep(b.keep)
	out := &rel{vars: kept.vars, cols: kept.cols, n: len(rows), weights: weights}
	if len(rows) < b.now.n {
		out.cols = slices.Clone(kept.cols)
		for c, col := range kept.cols {
			out.cols[c] = gatherUntil(b.run.guard.Check, col, rows)
		}
	}
	return out, nil
}

// exist keeps the rows that have a match.
func (b *probe) exist() (*rel, error) {
	rows := make([]int32, 0, b.now.n)
	filtered := b.filtered()
	for row := range b.now.n {
		if row%checkEvery == 0 {
			if err := b.run.guard.Check(); err != nil {
				return nil, err
			}
		}
		s := b.spanOf(row)
		if filtered {
			s = b.narrowed(row, s)
			for s.lo < s.hi && !b.passes(row, s.lo) {
				s.lo++
			}
		}
		if s.lo < s.hi {
			rows = append(rows, int32(row))
		}
	}
	kept := b.now.keep(b.keep)
	if len(rows) == b.now.n {
		return kept, nil
	}
	return kept.rowsUntil(b.run.guard.Check, rows), b.run.guard.Check()
}

// heads tells whether only the different keys of a scan are wanted.
func (b *probe) heads() bool {
	return b.matters(b.key) && !b.matters(b.other) && !b.filtered() && !b.side.single
}

// matters tells whether matches that differ in a fresh variable are different rows, kept or only counted.
func (b *probe) matters(o operand) bool { return o.kind == fresh && b.run.scope.matters(o.v) }

// firsts puts the rows together with the different keys.
func (b *probe) firsts() (*rel, error) {
	var heads []int32
	for i := b.span.lo; i < b.span.hi; i++ {
		if i == b.span.lo || b.side.keys[i] != b.side.keys[i-1] {
			heads = append(heads, i)
		}
	}
	s := &spread{check: b.run.guard.Check, rows: b.now.n, one: span{0, int32(len(heads))}, n: b.now.n * len(heads), same: len(heads) == 1}
	if err := b.room(s.n); err != nil {
		return nil, err
	}
	return b.put(s, func(col []term) []term { return s.matches(gather(col, heads)) })
}

// extend adds the columns of the fresh variables that go on.
func (b *probe) extend(out *rel, take func(col []term) []term, ops func() []term) {
	if b.wants(b.key) {
		out.vars, out.cols = append(out.vars, b.key.v), append(out.cols, take(b.side.keys))
	}
	if b.wants(b.other) {
		out.vars, out.cols = append(out.vars, b.other.v), append(out.cols, take(b.side.others))
	}
	if b.wants(b.tx) {
		out.vars, out.cols = append(out.vars, b.tx.v), append(out.cols, take(b.side.txs))
	}
	if b.wants(b.op) {
		out.vars, out.cols = append(out.vars, b.op.v), append(out.cols, ops())
	}
	out.dups = !b.exact()
}

// exact tells whether matches differ in what goes on of them.
func (b *probe) exact() bool {
	whole := func(o operand) bool { return o.known() || b.wants(o) }
	key, other := whole(b.key), whole(b.other)
	switch {
	case b.side.unique:
		return key && other || key && b.side.single
	default:
		return key && other && (whole(b.tx) && whole(b.op))
	}
}

// how names the way for the plan.
func (b *probe) how() string {
	order := "AEVT"
	if b.side.order == engine.AVET {
		order = "AVET"
	}
	switch {
	case b.key.known() && b.other.known():
		return "filter by " + order
	case b.key.known():
		return "look up in " + order
	case b.span != b.side.all():
		return "range of " + order
	}
	return "scan of " + order
}
