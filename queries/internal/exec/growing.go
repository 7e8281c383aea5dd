package exec

// growing is a relation that is made row by row.
type growing struct {
	rel  // its columns are made at the end
	run  *run
	cols []pieces
	held int64
}

// pieces is a column that grows. What is long is not copied to make room: that would take longer than a limit may wait.
type pieces struct {
	full [][]term
	last []term
}

func (p *pieces) add(t term) {
	if len(p.last) == stretch {
		p.full, p.last = append(p.full, p.last), make([]term, 0, stretch)
	}
	p.last = append(p.last, t)
}

// row is called after each row that was added to all columns.
func (g *growing) row() error {
	if g.n++; g.n%checkEvery != 0 {
		return nil
	}
	return g.run.settle(g.n, g.bytes(), &g.held)
}

func (g *growing) bytes() int64 { return int64(8 * len(g.vars) * g.n) }

// finish is the relation, which is no longer counted as held.
func (g *growing) finish() (*rel, error) {
	if err := g.run.settle(g.n, g.bytes(), &g.held); err != nil {
		return nil, err
	}
	if err := g.run.guard.Hold(-g.held); err != nil {
		return nil, err
	}
	out := g.rel
	out.cols = make([][]term, len(g.cols))
	for c, col := range g.cols {
		if out.cols[c] = col.last; len(col.full) == 0 {
			continue
		}
		if err := g.run.room(g.n, 8*g.n); err != nil {
			return nil, err
		}
		out.cols[c] = joined(g.run.guard.Check, append(col.full, col.last), g.n)
		g.cols[c] = pieces{}
	}
	return &out, g.run.guard.Check()
}
