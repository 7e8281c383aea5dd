package exec

import (
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// joiner joins the rows of a relation with tuples that come one at a time: each
// has a key, which is compared with columns of the relation, and values for
// variables that the relation does not have.
type joiner struct {
	run   *run
	left  *rel
	ix    *index
	kept  [][]term // the columns of left that go on, in the order of out
	fresh []int    // which of the tuple's values go on, after those
	out   *growing
	seen  []bool // with nothing fresh to go on: rows of left that are through
}

// newJoiner joins by the variables bound and adds the variables fresh, as far as they are in keep.
func newJoiner(r *run, left *rel, bound, fresh, keep []lang.Var) *joiner {
	j := &joiner{run: r, left: left, ix: r.indexOf(left.columns(bound), left.n), out: &growing{run: r}}
	for _, v := range shared(left.vars, keep) {
		j.out.vars = append(j.out.vars, v)
		j.kept = append(j.kept, left.col(v))
	}
	for i, v := range fresh {
		if len(shared([]lang.Var{v}, keep)) == 1 {
			j.out.vars = append(j.out.vars, v)
			j.fresh = append(j.fresh, i)
		}
	}
	j.out.cols = make([]pieces, len(j.out.vars))
	j.out.dups = len(j.fresh) > 0 && len(j.fresh) < len(fresh)
	if len(j.fresh) == 0 {
		j.seen = make([]bool, left.n)
	}
	return j
}

// add joins one tuple.
func (j *joiner) add(key, fresh []term) error {
	for row := j.ix.find(key); row >= 0; row = j.ix.next[row] {
		if err := j.addRow(row, fresh); err != nil {
			return err
		}
	}
	return j.run.guard.Step()
}

func (j *joiner) addRow(row int32, fresh []term) error {
	if j.seen != nil {
		if j.seen[row] || j.done() {
			return nil
		}
		j.seen[row] = true
	}
	for c, col := range j.kept {
		j.out.cols[c].add(col[row])
	}
	for i, f := range j.fresh {
		j.out.cols[len(j.kept)+i].add(fresh[f])
	}
	return j.out.row()
}

// done tells that no further tuple can change the result.
func (j *joiner) done() bool {
	return j.seen != nil && (len(j.out.cols) == 0 && j.out.n > 0 || j.out.n == j.left.n)
}

// checkEvery is how many rows are added between two looks at the limits.
const checkEvery = 4096

// settle counts n rows of some bytes against the limits; held is what of them is counted already.
func (r *run) settle(n int, bytes int64, held *int64) error {
	if err := r.guard.Check(); err != nil {
		return err
	}
	if err := r.guard.Rows(n); err != nil {
		return err
	}
	more := bytes - *held + r.dict.Bytes() - r.dictHeld
	*held, r.dictHeld = bytes, r.dict.Bytes()
	return r.guard.Hold(more)
}

// join joins two relations by the variables that both have.
func (r *run) join(left, right *rel, keep []lang.Var) (*rel, error) {
	bound, fresh := shared(right.vars, left.vars), without(right.vars, left.vars)
	j := newJoiner(r, left, bound, fresh, keep)
	keys, values := right.columns(bound), right.columns(fresh)
	key, value := make([]term, len(bound)), make([]term, len(fresh))
	for row := 0; row < right.n && !j.done(); row++ {
		for i := range key {
			key[i] = keys[i][row]
		}
		for i := range value {
			value[i] = values[i][row]
		}
		if err := j.add(key, value); err != nil {
			return nil, err
		}
	}
	return j.out.finish()
}

// exclude keeps the rows of left for which right has none that agrees in its variables.
func (r *run) exclude(left, right *rel) *rel {
	ix := r.indexOf(right.cols, right.n)
	cols := left.columns(right.vars)
	key := make([]term, len(cols))
	rows := make([]int32, 0, left.n)
	for row := range int32(left.n) {
		if row%checkEvery == 0 && r.guard.Check() != nil {
			break // the step ends with an error
		}
		for i, col := range cols {
			key[i] = col[row]
		}
		if right.n == 0 || ix.find(key) < 0 {
			rows = append(rows, row)
		}
	}
	if len(rows) == left.n {
		return left
	}
	return left.rowsUntil(r.guard.Check, rows)
}
