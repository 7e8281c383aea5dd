package exec

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// set is a growing relation: what a rule was asked for, or what it derived.
// The rows from old up to cur are the news of this round; those after it are of the next.
type set struct {
	name     string
	cols     [][]term
	rows     int
	old, cur int
	all      *index            // by all columns
	by       map[string]*index // by those that joins bind
	held     int64
}

func (r *run) newSet(name string, arity int) *set {
	return &set{name: name, cols: make([][]term, arity), all: r.newIndex(make([][]term, arity), 0), by: map[string]*index{}}
}

func (s *set) n() int { return s.rows }

// news tells whether there are rows that were not used yet.
func (s *set) news() bool { return s.old < s.cur }

// advance ends a round.
func (s *set) advance() { s.old, s.cur = s.cur, s.rows }

// add adds a tuple unless it is there.
func (r *run) addTuple(s *set, tuple []term) error {
	s.all.cols = s.cols
	if s.all.find(tuple) >= 0 {
		return nil
	}
	for c, t := range tuple {
		s.cols[c] = append(s.cols[c], t)
	}
	s.all.cols = s.cols
	s.all.add(int32(s.rows))
	s.rows++
	if s.rows%checkEvery != 0 {
		return nil
	}
	return r.settle(s.rows, int64(8*len(s.cols)*s.rows), &s.held)
}

// indexed is an index of a set by some columns that has all rows, or some when time is up: the step ends with an error then.
func (r *run) indexed(s *set, columns []int) *index {
	key := fmt.Sprint(columns)
	ix, ok := s.by[key]
	if !ok {
		ix = r.newIndex(nil, s.rows)
		s.by[key] = ix
	}
	ix.cols = make([][]term, len(columns))
	for i, c := range columns {
		ix.cols[i] = s.cols[c]
	}
	r.fill(ix, s.rows)
	return ix
}

// derived is a set as a clause.
type derived struct {
	set  *set
	args []lang.Term
}

// At is nowhere: it stands for a rule call.
func (d *derived) At() edn.Pos { return edn.Pos{} }

// news is a relation of the rows that are new in this round.
func (r *run) news(d *derived) (*rel, error) {
	m := r.match(unit(), d, lang.TermVars(nil, d.args))
	for row := d.set.old; row < d.set.cur; row++ {
		if m.agrees(row) {
			if err := m.add(0, int32(row)); err != nil {
				return nil, err
			}
		}
	}
	return m.out.finish()
}

// derived joins rows with the tuples of a set.
func (r *run) derived(now *rel, d *derived, keep []lang.Var) (*rel, error) {
	m := r.match(now, d, keep)
	ix := r.indexed(d.set, m.bound)
	key := make([]term, len(m.bound))
	for row := range now.n {
		for i, read := range m.reads {
			key[i] = read(row)
		}
		for at := ix.find(key); at >= 0; at = ix.next[at] {
			if err := m.add(row, at); err != nil {
				return nil, err
			}
			if len(m.fresh) == 0 {
				break
			}
		}
		if err := r.guard.Step(); err != nil {
			return nil, err
		}
	}
	return m.out.finish()
}

// matcher puts together rows of a relation and tuples of a set.
type matcher struct {
	now   *rel
	d     *derived
	bound []int // places of the tuple that are known
	reads []func(row int) term
	fresh []int // places of variables that the relation does not have
	out   *growing
	from  []int // for each column of out: of now, or of the tuple from len(now.cols) on
}

func (r *run) match(now *rel, d *derived, keep []lang.Var) *matcher {
	m := &matcher{now: now, d: d, out: &growing{run: r, rel: rel{vars: shared(now.vars, keep)}}}
	for _, v := range m.out.vars {
		for c, w := range now.vars {
			if v == w {
				m.from = append(m.from, c)
			}
		}
	}
	for i, t := range d.args {
		switch {
		case t.Kind == lang.Constant || t.Kind == lang.Variable && now.has(t.Var):
			m.bound = append(m.bound, i)
			m.reads = append(m.reads, r.terms(now, t))
		case t.Kind == lang.Variable:
			m.fresh = append(m.fresh, i)
			if len(shared([]lang.Var{t.Var}, keep)) > 0 && !m.out.has(t.Var) {
				m.out.vars = append(m.out.vars, t.Var)
				m.from = append(m.from, len(now.cols)+i)
			}
		}
	}
	m.out.cols = make([]pieces, len(m.out.vars))
	m.out.dups = len(m.fresh) > 0 && len(m.out.vars)-len(shared(now.vars, keep)) < len(d.args)-len(m.bound)
	return m
}

// agrees tells whether a tuple has the constants, where nothing else is known.
func (m *matcher) agrees(tuple int) bool {
	for i, place := range m.bound {
		if m.d.set.cols[place][tuple] != m.reads[i](0) {
			return false
		}
	}
	return true
}

// add adds a row of now with a tuple that agrees with it in what is bound, unless a fresh variable would have two values.
func (m *matcher) add(row int, tuple int32) error {
	for i, a := range m.fresh {
		for _, b := range m.fresh[:i] {
			if m.d.args[a].Var == m.d.args[b].Var && m.d.set.cols[a][tuple] != m.d.set.cols[b][tuple] {
				return nil
			}
		}
	}
	for c, from := range m.from {
		t := term(0)
		if from < len(m.now.cols) {
			t = m.now.cols[from][row]
		} else {
			t = m.d.set.cols[from-len(m.now.cols)][tuple]
		}
		m.out.cols[c].add(t)
	}
	return m.out.row()
}
