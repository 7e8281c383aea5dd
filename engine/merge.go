package engine

import (
	"context"
	"iter"
)

// mergedRows is how many rows a batch of merged rows has at most.
const mergedRows = 512

// merged yields what is now and what was as one, by key, then t, a retraction
// before an assertion.
func (sp span) merged(ctx context.Context) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		now, was := newSide(sp.rows(ctx, sp.trees.now)), newSide(sp.rows(ctx, sp.trees.was))
		defer now.stop()
		defer was.stop()
		m := merger{order: sp.order, yield: yield}
		for now.fill() && was.fill() {
			if !m.mix(now, was) {
				return
			}
		}
		if m.flush() && m.rest(now) && m.rest(was) {
			m.fail(now.err, was.err)
		}
	}
}

// side is one of the two streams: a batch and the first row of it that is still to come.
type side struct {
	next func() (batch, error, bool)
	stop func()
	at   int
	err  error
	batch
}

func newSide(rows iter.Seq2[batch, error]) *side {
	s := &side{}
	s.next, s.stop = iter.Pull2(rows)
	return s
}

// fill makes sure that there is a row; false at the end and after an error.
func (s *side) fill() bool {
	for s.err == nil && s.at == len(s.E) {
		b, err, ok := s.next()
		if !ok {
			return false
		}
		s.batch, s.err, s.at = b, err, 0
	}
	return s.err == nil
}

// merger collects merged rows.
type merger struct {
	order Index
	yield func(batch, error) bool
	batch
}

// mix takes rows until one side has none left, and tells whether to go on.
func (m *merger) mix(now, was *side) bool {
	for now.at < len(now.E) && was.at < len(was.E) {
		s := now
		if m.order.compare(&now.Columns, now.at, &was.Columns, was.at, true) > 0 {
			s = was
		}
		m.add(s)
		if len(m.E) == mergedRows && !m.flush() {
			return false
		}
	}
	return true
}

func (m *merger) add(s *side) {
	m.E, m.V, m.T = append(m.E, s.E[s.at]), append(m.V, s.V[s.at]), append(m.T, s.T[s.at])
	m.Added = append(m.Added, s.Added == nil || s.Added[s.at])
	if s.A != nil {
		m.A = append(m.A, s.A[s.at])
	}
	m.out = m.out || s.out
	s.at++
}

func (m *merger) flush() bool {
	b := m.batch
	m.batch = batch{}
	return len(b.E) == 0 || m.yield(b, nil)
}

// rest yields what is left of one side.
func (m *merger) rest(s *side) bool {
	for s.fill() {
		b := batch{s.slice(s.at, len(s.E)), s.out}
		s.at = len(s.E)
		if !m.yield(b, nil) {
			return false
		}
	}
	return true
}

func (m *merger) fail(errs ...error) {
	for _, err := range errs {
		if err != nil {
			m.yield(batch{}, err)
			return
		}
	}
}
