package castest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// ErrFault is what the operation that a Faulty makes fail returns.
var ErrFault = errors.New("fault made by the test")

// When tells how much of an operation happens before it fails.
type When int

// A fault before the effect leaves nothing behind, one after it everything,
// and one midway half of the blocks of a batch, children first.
const (
	Before When = iota
	Midway
	After
)

func (w When) String() string { return [...]string{"before", "midway", "after"}[w] }

// Fault says which operation fails and how.
type Fault struct {
	N       int // the Nth operation, counting from 1
	When    When
	Crashed bool // so do all that come after it, without any effect
}

func (f Fault) String() string {
	if f.Crashed {
		return fmt.Sprintf("crash %s the effect of operation %d", f.When, f.N)
	}
	return fmt.Sprintf("fault %s the effect of operation %d", f.When, f.N)
}

// EachFault runs work with every fault there can be: of the first operation, of
// the second, and so on, each before, midway and after its effect, passing and
// as a crash, until work is done before the Nth operation. Work makes its Faulty
// with NewFaulty and reports through it whether the fault was met.
func EachFault(t *testing.T, work func(t *testing.T, f Fault) *Faulty) {
	for n := 1; ; n++ {
		met := false
		for _, f := range []Fault{{n, Before, false}, {n, Midway, false}, {n, After, false}, {n, Before, true}, {n, Midway, true}, {n, After, true}} {
			t.Run(f.String(), func(t *testing.T) { met = work(t, f).Met() || met })
		}
		if !met {
			return
		}
	}
}

// Faulty is a store whose Nth operation fails. Operations are all calls of
// cas.Store, cas.Refs and cas.Committer; a listing counts as one.
type Faulty struct {
	inner cas.RefStore
	fault Fault
	calls atomic.Int64
}

var (
	_ cas.RefStore  = (*Faulty)(nil)
	_ cas.Committer = (*Faulty)(nil)
)

// NewFaulty makes a store that does what s does, until the fault.
func NewFaulty(s cas.RefStore, f Fault) *Faulty { return &Faulty{inner: s, fault: f} }

// Met tells whether so many operations were done that the fault happened.
func (f *Faulty) Met() bool { return f.calls.Load() >= int64(f.fault.N) }

// do runs one operation: all of it, half of it, or nothing of it.
func (f *Faulty) do(whole, half func() error) error {
	n := f.calls.Add(1)
	switch {
	case n < int64(f.fault.N) || n > int64(f.fault.N) && !f.fault.Crashed:
		return whole()
	case n > int64(f.fault.N):
		return fmt.Errorf("operation %d: %w", n, ErrFault)
	}
	return errors.Join(fmt.Errorf("operation %d: %w", n, ErrFault), f.effect(whole, half))
}

// effect does what the fault leaves behind. Its own error only adds to the fault.
func (f *Faulty) effect(whole, half func() error) error {
	switch f.fault.When {
	case Midway:
		return half()
	case After:
		return whole()
	}
	return nil
}

func nothing() error { return nil }

// Get implements cas.Getter.
func (f *Faulty) Get(ctx context.Context, id cid.Cid) (b cas.Block, err error) {
	err = f.do(func() error { b, err = f.inner.Get(ctx, id); return err }, nothing)
	if err != nil {
		return cas.Block{}, err
	}
	return b, nil
}

// Has implements cas.Store.
func (f *Faulty) Has(ctx context.Context, id cid.Cid) (ok bool, err error) {
	err = f.do(func() error { ok, err = f.inner.Has(ctx, id); return err }, nothing)
	return ok && err == nil, err
}

// Put implements cas.Store.
func (f *Faulty) Put(ctx context.Context, blocks []cas.Block) error {
	return f.do(
		func() error { return f.inner.Put(ctx, blocks) },
		func() error { return f.inner.Put(ctx, blocks[:len(blocks)/2]) })
}

// All implements cas.Store: a fault midway or after comes at the end of the list.
func (f *Faulty) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		stopped := false
		list := func() error {
			for id, err := range f.inner.All(ctx) {
				if stopped = !yield(id, err); stopped || err != nil {
					return nil
				}
			}
			return nil
		}
		if err := f.do(list, list); err != nil && !stopped {
			yield(cid.Undef, err)
		}
	}
}

// Ref implements cas.Refs.
func (f *Faulty) Ref(ctx context.Context, name string) (id cid.Cid, err error) {
	err = f.do(func() error { id, err = f.inner.Ref(ctx, name); return err }, nothing)
	if err != nil {
		return cid.Undef, err
	}
	return id, nil
}

// SetRef implements cas.Refs.
func (f *Faulty) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return f.do(func() error { return f.inner.SetRef(ctx, name, old, next) }, nothing)
}

// Refs implements cas.Refs.
func (f *Faulty) Refs(ctx context.Context) (refs []cas.Ref, err error) {
	err = f.do(func() error { refs, err = f.inner.Refs(ctx); return err }, nothing)
	if err != nil {
		return nil, err
	}
	return refs, nil
}

// Commit implements cas.Committer: a fault midway leaves all blocks, but the ref where it was.
func (f *Faulty) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	return f.do(
		func() error { return cas.Commit(ctx, f.inner, blocks, ref, old, next) },
		func() error { return f.inner.Put(ctx, blocks) })
}
