package fs

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// Deadlines say how long a remote store is waited for, and when it is no longer
// asked. They hold for each block: a request that gets on may take longer, and
// ends when the program that made it is killed.
type Deadlines struct {
	Metadata time.Duration // for a node, a commit or the refs; 0 means 10 s
	Data     time.Duration // for a value that lives in a block of its own; 0 means 30 s
	Failures int           // so many in a row, and the store is left alone; 0 means 3
	Rest     time.Duration // for how long; 0 means 5 s
}

// orDefault fills in what is not set.
func (d Deadlines) orDefault() Deadlines {
	def := func(v *time.Duration, to time.Duration) {
		if *v == 0 {
			*v = to
		}
	}
	def(&d.Metadata, 10*time.Second)
	def(&d.Data, 30*time.Second)
	def(&d.Rest, 5*time.Second)
	if d.Failures == 0 {
		d.Failures = 3
	}
	return d
}

// guard is what stands between the tree and a store: it marks the store's
// failures as such and, where the store is remote, waits for no answer
// longer than the deadlines say.
type guard struct {
	cas.RefStore
	breaker *breaker // nil for a store that is near
}

func newGuard(d Database, o Options) *guard {
	g := &guard{RefStore: d.Store}
	if d.Remote {
		g.breaker = &breaker{Deadlines: o.Deadlines.orDefault(), now: time.Now}
	}
	return g
}

// Alias implements engine.Aliaser where the store below does.
func (g *guard) Alias(ctx context.Context, name string) (cid.Cid, bool, error) {
	if a, ok := cas.As[engine.Aliaser](g.RefStore); ok {
		return a.Alias(ctx, name)
	}
	return cid.Undef, false, nil
}

// ForeignCommit implements engine.Elsewhere where the store below does.
func (g *guard) ForeignCommit(ctx context.Context, id cid.Cid) (c engine.Commit, ok bool, err error) {
	if from, is := cas.As[engine.Elsewhere](g.RefStore); is {
		c, ok, err = from.ForeignCommit(ctx, id)
	}
	return c, ok, asStoreError(ctx, id, err)
}

// ForeignTx implements engine.Elsewhere.
func (g *guard) ForeignTx(ctx context.Context, c engine.Commit) ([]engine.Datom, error) {
	from, ok := cas.As[engine.Elsewhere](g.RefStore)
	if !ok {
		return nil, missing(c.ID.String())
	}
	datoms, err := from.ForeignTx(ctx, c)
	return datoms, asStoreError(ctx, c.ID, err)
}

// ForeignDB implements engine.Elsewhere.
func (g *guard) ForeignDB(ctx context.Context, c engine.Commit) (engine.DB, error) {
	from, ok := cas.As[engine.Elsewhere](g.RefStore)
	if !ok {
		return engine.DB{}, missing(c.ID.String())
	}
	db, err := from.ForeignDB(ctx, c)
	return db, asStoreError(ctx, c.ID, err)
}

// Get implements cas.Getter.
func (g *guard) Get(ctx context.Context, id cid.Cid) (b cas.Block, err error) {
	if g.breaker == nil {
		b, err = g.RefStore.Get(ctx, id)
	} else {
		wait := g.breaker.Metadata
		if id.Prefix().Codec == cas.Raw {
			wait = g.breaker.Data
		}
		b, err = ask(ctx, g.breaker, wait, func(ctx context.Context) (cas.Block, error) { return g.RefStore.Get(ctx, id) })
	}
	return b, asStoreError(ctx, id, err)
}

// Has implements cas.Store.
func (g *guard) Has(ctx context.Context, id cid.Cid) (ok bool, err error) {
	if g.breaker == nil {
		ok, err = g.RefStore.Has(ctx, id)
	} else {
		ok, err = ask(ctx, g.breaker, g.breaker.Metadata, func(ctx context.Context) (bool, error) { return g.RefStore.Has(ctx, id) })
	}
	return ok, asStoreError(ctx, id, err)
}

// Ref implements cas.Refs.
func (g *guard) Ref(ctx context.Context, name string) (id cid.Cid, err error) {
	if g.breaker == nil {
		id, err = g.RefStore.Ref(ctx, name)
	} else {
		id, err = ask(ctx, g.breaker, g.breaker.Metadata, func(ctx context.Context) (cid.Cid, error) { return g.RefStore.Ref(ctx, name) })
	}
	return id, asStoreError(ctx, cid.Undef, err)
}

// Refs implements cas.Refs.
func (g *guard) Refs(ctx context.Context) (refs []cas.Ref, err error) {
	if g.breaker == nil {
		refs, err = g.RefStore.Refs(ctx)
	} else {
		refs, err = ask(ctx, g.breaker, g.breaker.Metadata, g.RefStore.Refs)
	}
	return refs, asStoreError(ctx, cid.Undef, err)
}

// All implements cas.Store. A listing is one question.
func (g *guard) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	list := func(ctx context.Context) (all []cid.Cid, err error) {
		for id, err := range g.RefStore.All(ctx) {
			if err != nil {
				return nil, err
			}
			all = append(all, id)
		}
		return all, nil
	}
	return func(yield func(cid.Cid, error) bool) {
		var all []cid.Cid
		var err error
		if g.breaker == nil {
			all, err = list(ctx)
		} else {
			all, err = ask(ctx, g.breaker, g.breaker.Data, list)
		}
		for _, id := range all {
			if !yield(id, nil) {
				return
			}
		}
		if err != nil {
			yield(cid.Undef, asStoreError(ctx, cid.Undef, err))
		}
	}
}

// ask puts one question to a remote store. The answer is not waited for longer
// than wait, nor after ctx is done, even if the store goes on regardless.
func ask[T any](ctx context.Context, b *breaker, wait time.Duration, question func(context.Context) (T, error)) (T, error) {
	var none T
	if err := b.allow(); err != nil {
		return none, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, wait, errSlow{wait})
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	got := make(chan answer, 1)
	go func() {
		v, err := question(limited)
		got <- answer{v, err}
	}()
	var a answer
	select {
	case a = <-got:
	case <-limited.Done():
		a.err = limited.Err()
	}
	if a.err != nil && ctx.Err() != nil {
		b.withdrawn()
		return none, ctx.Err()
	}
	if a.err != nil && limited.Err() != nil {
		a.err = context.Cause(limited)
	}
	b.note(a.err)
	return a.value, a.err
}

// errSlow says that a deadline has passed.
type errSlow struct{ after time.Duration }

func (e errSlow) Error() string { return fmt.Sprintf("the store did not answer within %s", e.after) }

func (e errSlow) Is(target error) bool { return target == context.DeadlineExceeded }

// breaker answers for a store that has failed several times in a row, so that
// nobody has to wait for it, and lets a question through now and then.
type breaker struct {
	Deadlines
	now func() time.Time

	mu     sync.Mutex
	failed int       // in a row
	last   error     // why
	until  time.Time // the store is left alone
}

// errResting says that the store was not asked.
type errResting struct {
	failed int
	last   error
}

func (e errResting) Error() string {
	return fmt.Sprintf("not asked: the store failed %d times in a row, last because %v", e.failed, e.last)
}

func (e errResting) Unwrap() error { return e.last }

// allow tells whether the store may be asked. After its rest one question is
// let through; the others are answered until that one is.
func (b *breaker) allow() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < b.Failures {
		return nil
	}
	now := b.now()
	if now.Before(b.until) {
		return errResting{b.failed, b.last}
	}
	b.until = now.Add(b.Rest)
	return nil
}

// note counts an answer.
func (b *breaker) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !backendFailed(err) {
		b.failed, b.last = 0, nil
		return
	}
	b.failed++
	b.last = err
	b.until = b.now().Add(b.Rest)
}

// withdrawn is told of a question that the caller gave up, which says nothing
// about the store: the next one may be put at once.
func (b *breaker) withdrawn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
}
