package exec

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// When several patterns have but one fresh variable, and it is the same, each row is
// extended by what is in the spans of all of them at once. Rows that only some
// of the patterns match are never made, so that the work stays within what the result of a cycle
// can be at worst: the generic join of Ngo, Ré and Rudra, one variable at a time.

// extension is patterns that extend rows by one variable.
type extension struct {
	v      lang.Var
	probes []*probe
}

// extending finds the patterns that extend the rows by the same variable as p does. They are taken from what is left to run.
func (r *run) extending(now *rel, p *logic.Pattern) (*extension, error) {
	with, v := r.companions(now, p)
	if with == nil {
		return nil, nil
	}
	x := &extension{v: v}
	for _, q := range append([]*logic.Pattern{p}, with...) {
		b, err := r.probing(now, q, nil, now.n)
		if err != nil {
			return nil, err
		}
		if b == nil || !b.side.rising {
			return nil, nil
		}
		x.probes = append(x.probes, b)
	}
	r.scope.left = slices.DeleteFunc(slices.Clone(r.scope.left), func(c logic.Clause) bool {
		q, ok := c.(*logic.Pattern)
		return ok && slices.Contains(with, q)
	})
	return x, nil
}

// companions are the other patterns that extend the rows by the same variable.
func (r *run) companions(now *rel, p *logic.Pattern) ([]*logic.Pattern, lang.Var) {
	v, ok := r.extends(now, p)
	if !ok {
		return nil, ""
	}
	var with []*logic.Pattern
	for _, c := range r.scope.left {
		if q, ok := c.(*logic.Pattern); ok && q != p {
			if w, ok := r.extends(now, q); ok && w == v {
				with = append(with, q)
			}
		}
	}
	return with, v
}

// meets is how many rows a pattern and its companions extend a row to, over a sample; ok is false
// where there are none, or where not all sides are there already.
func (r *run) meets(now *rel, p *logic.Pattern) (fan float64, ok bool) {
	with, _ := r.companions(now, p)
	if with == nil {
		return 0, false
	}
	var probes []*probe
	for _, q := range append([]*logic.Pattern{p}, with...) {
		b := r.peeking(now, q)
		if b == nil || !b.side.rising {
			return 0, false
		}
		probes = append(probes, b)
	}
	m := newMeeting(probes)
	k := min(meetSamples, now.n)
	total := 0
	for i := range k {
		total += len(m.meet(i * now.n / k))
	}
	return (float64(total) + 0.02) / float64(k), true
}

// meetSamples is how many rows are extended to see how many rows a row gives.
const meetSamples = 16

// extends tells whether a pattern extends rows by one variable, from an entity or a value that is known.
func (r *run) extends(now *rel, p *logic.Pattern) (lang.Var, bool) {
	if !sided(p) || uses(p, logic.PlaceT) || uses(p, logic.PlaceOp) || p.Source.Input.DB.IsHistory() {
		return "", false
	}
	e, v := r.operand(now, p, logic.PlaceE), r.operand(now, p, logic.PlaceV)
	switch {
	case e.known() && v.kind == fresh:
		return v.v, true
	case v.known() && e.kind == fresh:
		return e.v, true
	}
	return "", false
}

// extended is what one part of the rows is extended to.
type extended struct {
	rows    []int32
	values  []term
	weights []int64
}

// run extends the rows.
func (x *extension) run(r *run, now *rel) (*rel, error) {
	for _, b := range x.probes {
		b.note()
	}
	keep := r.scope.keep()
	kept := slices.Contains(keep, x.v)
	counted := !kept && r.scope.counting && r.scope.wanted(x.v)
	parts := make([]extended, chunks(now.n))
	var rows atomic.Int64
	err := split(now.n, func(part, lo, hi int) error {
		return x.part(r, now, &parts[part], lo, hi, kept, counted, &rows)
	})
	if err != nil {
		return nil, err
	}
	n := 0
	for _, p := range parts {
		n += len(p.rows)
	}
	if err := r.room(n, (12+8*len(keep))*n); err != nil {
		return nil, err
	}
	left := now.keep(keep)
	out := &rel{vars: slices.Clone(left.vars), cols: make([][]term, len(left.cols)), n: n, dups: left.dups}
	places := concat(parts, n, func(p extended) []int32 { return p.rows })
	for c, col := range left.cols {
		out.cols[c] = gatherUntil(r.guard.Check, col, places)
	}
	if kept {
		out.vars, out.cols = append(out.vars, x.v), append(out.cols, concat(parts, n, func(p extended) []term { return p.values }))
	}
	switch {
	case counted:
		out.weights = concat(parts, n, func(p extended) []int64 { return p.weights })
	case now.weights != nil:
		out.weights = gatherUntil(r.guard.Check, now.weights, places)
	}
	return out, nil
}

func concat[T any](parts []extended, n int, of func(extended) []T) []T {
	if len(parts) == 1 {
		return of(parts[0])
	}
	out := make([]T, 0, n)
	for _, p := range parts {
		out = append(out, of(p)...)
	}
	return out
}

// part extends the rows from lo to hi.
func (x *extension) part(r *run, now *rel, out *extended, lo, hi int, kept, counted bool, rows *atomic.Int64) error {
	m := newMeeting(x.probes)
	work, told := 0, 0
	for row := lo; row < hi; row++ {
		if work >= checkEvery {
			n := int(rows.Add(int64(len(out.rows) - told)))
			if err := r.room(n, 20*n); err != nil {
				return err
			}
			work, told = 0, len(out.rows)
		}
		found := m.meet(row)
		work += m.work
		switch {
		case len(found) == 0:
		case kept:
			for range found {
				out.rows = append(out.rows, int32(row))
			}
			out.values = append(out.values, found...)
		default:
			out.rows = append(out.rows, int32(row))
			if counted {
				w := int64(len(found))
				if now.weights != nil {
					w *= now.weights[row]
				}
				out.weights = append(out.weights, w)
			}
		}
	}
	return nil
}

// meeting intersects the spans of rows.
type meeting struct {
	probes []*probe
	spans  []span
	marks  []marks
	found  []term
	work   int

	// Where the spans depend on one value of the row that few have of their own, what they have in common is remembered by it.
	key   *probe
	known map[term][]term
}

func newMeeting(probes []*probe) *meeting {
	m := &meeting{probes: probes, spans: make([]span, len(probes)), marks: make([]marks, len(probes))}
	for _, b := range probes {
		switch {
		case b.key.kind != bound:
		case m.key == nil:
			m.key = b
		case &m.key.key.col[0] != &b.key.col[0]:
			return m
		}
	}
	if m.key != nil && m.key.side.groups.n*4 < m.key.now.n {
		m.known = map[term][]term{}
	}
	return m
}

// meet is the values that are in the spans of all probes for a row, rising. They are valid until the next call.
func (m *meeting) meet(row int) []term {
	if m.known == nil {
		return m.intersect(row)
	}
	t := m.key.key.col[row]
	found, ok := m.known[t]
	if m.work = len(found); !ok {
		found = slices.Clone(m.intersect(row))
		m.known[t] = found
	}
	return found
}

func (m *meeting) intersect(row int) []term {
	m.found, m.work = m.found[:0], len(m.probes)
	for k, b := range m.probes {
		s := b.spanOf(row)
		if s.len() == 0 {
			return nil
		}
		m.marks[k].follow(b.side, s, m.spans[k] == s)
		m.spans[k] = s
	}
	first := m.smallest()
	s := m.spans[first]
	from := m.probes[first].side.others[s.lo:s.hi]
	m.work += s.len()
	for k, b := range m.probes {
		if k == first {
			continue
		}
		if m.marks[k].set {
			m.found = m.marks[k].among(m.found[:0], from)
		} else {
			m.found = among(m.found[:0], from, b.side.others[m.spans[k].lo:m.spans[k].hi])
		}
		from = m.found
	}
	return from
}

// smallest is the probe whose span is gone through: the smallest, or one not marked that is not much larger.
func (m *meeting) smallest() int {
	best := 0
	cost := func(k int) int {
		if m.marks[k].set {
			return 8 * m.spans[k].len()
		}
		return m.spans[k].len()
	}
	for k := range m.spans {
		if cost(k) < cost(best) {
			best = k
		}
	}
	return best
}

// among appends the values that are in a list too to kept, which may be the beginning of values; both rise. It gallops through the list.
func among(kept, values, list []term) []term {
	at := 0
	for _, t := range values {
		step := 1
		for at+step < len(list) && int64(list[at+step]) < int64(t) {
			at += step
			step *= 2
		}
		for step >= 1 {
			if at+step < len(list) && int64(list[at+step]) < int64(t) {
				at += step
			}
			step /= 2
		}
		if at < len(list) && int64(list[at]) < int64(t) {
			at++
		}
		if at == len(list) {
			break
		}
		if list[at] == t {
			kept = append(kept, t)
		}
	}
	return kept
}

// marks is a span as bits, for one that stays the same from row to row.
type marks struct {
	bits []uint64
	base term
	set  bool
	list []term // what is marked
}

// markFrom is how long a span must be to be marked, maxMarks how many bits there may be.
const (
	markFrom = 8
	maxMarks = 1 << 26
)

// follow marks a span that stayed the same, and clears what another one marked.
func (m *marks) follow(sd *side, s span, same bool) {
	if same && (m.set || s.len() < markFrom) {
		return
	}
	if m.set {
		for _, t := range m.list {
			m.bits[m.bit(t)/64] = 0
		}
		m.set = false
	}
	if !same {
		return
	}
	spread := uint64(sd.high-sd.low)>>engine.TagBits + 1
	if spread > maxMarks {
		return
	}
	if m.bits == nil {
		m.bits, m.base = make([]uint64, spread/64+1), sd.low
	}
	m.list, m.set = sd.others[s.lo:s.hi], true
	for _, t := range m.list {
		m.bits[m.bit(t)/64] |= 1 << (m.bit(t) % 64)
	}
}

func (m *marks) bit(t term) uint64 { return uint64(t-m.base) >> engine.TagBits }

// among appends the values that are marked to kept, which may be the beginning of values.
func (m *marks) among(kept, values []term) []term {
	bits, base := m.bits, m.base
	for _, t := range values {
		b := uint64(t-base) >> engine.TagBits
		if w := b / 64; w < uint64(len(bits)) && bits[w]>>(b%64)&1 != 0 {
			kept = append(kept, t)
		}
	}
	return kept
}

// how names the way for the plan.
func (x *extension) how() string {
	words := make([]string, len(x.probes))
	for i, b := range x.probes {
		words[i] = describe(b.pattern)
	}
	return "where all meet: " + strings.Join(words, " ")
}
