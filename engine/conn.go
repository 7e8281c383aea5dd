package engine

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// Conn follows a branch and commits to it. It is safe for many goroutines and many processes at once.
type Conn struct {
	store cas.RefStore
	env   *env
	ref   string
	now   func() time.Time

	writing sync.Mutex // one transaction at a time
	mu      sync.Mutex // for what follows
	head    *state     // as of the last look at the ref
	unkept  int64      // how much was left that could not be made smaller when that was last tried

	tidying   chan struct{} // closed when Tidy has ended that was begun here; nil where none is under way
	elsewhere func()        // begins it in another process
}

// Create makes an empty database: its first commit, t 0, and the ref "heads/"+branch. The error wraps cas.ErrConflict where there is one already.
func Create(ctx context.Context, s cas.RefStore, branch string, o Options, now time.Time) (*Conn, error) {
	return CreateSigned(ctx, s, branch, o, now, nil)
}

// CreateSigned is Create with a first commit that the key signs, unless that is nil: an ed25519 key, as in Meta.
func CreateSigned(ctx context.Context, s cas.RefStore, branch string, o Options, now time.Time, key crypto.Signer) (*Conn, error) {
	c := newConn(s, branch)
	first := &state{env: c.env, opts: o, at: now.UTC().Truncate(time.Millisecond), next: 1, schema: emptySchema(o), trees: emptyTrees(c.env.nodes)}
	first.ids = identitiesOf(first.schema)
	tx := txBlocks(0, nil)
	root, err := first.block()
	if err != nil {
		return nil, fmt.Errorf("create database, branch %q: %w", branch, err)
	}
	commit := Commit{At: first.at, Root: root.CID(), Base: root.CID(), Tx: tx[0].CID(), next: first.next}
	if err := commit.sign(key); err != nil {
		return nil, fmt.Errorf("create database, branch %q: %w", branch, err)
	}
	b := commit.block()
	if err := cas.Commit(ctx, s, []cas.Block{root, tx[0], b}, c.ref, cid.Undef, b.CID()); err != nil {
		return nil, fmt.Errorf("create database, branch %q: %w", branch, err)
	}
	commit.ID = b.CID()
	first.commit = commit
	c.head = first
	return c, nil
}

// Connect opens the branch of an existing database; the error wraps cas.ErrNotFound where there is none.
func Connect(ctx context.Context, s cas.RefStore, branch string) (*Conn, error) {
	c := newConn(s, branch)
	if _, err := c.DB(ctx); err != nil {
		return nil, fmt.Errorf("connect to branch %q: %w", branch, err)
	}
	return c, nil
}

func newConn(s cas.RefStore, branch string) *Conn {
	return &Conn{store: s, env: envOf(s), ref: "heads/" + branch, now: time.Now}
}

// DB is the value the branch points at now. It does not wait for a transaction that is being made.
func (c *Conn) DB(ctx context.Context) (DB, error) {
	s, err := c.load(ctx)
	return DB{s: s}, err
}

// Open is the value of any commit in the store. It shares the conn's cache.
func (c *Conn) Open(ctx context.Context, commit cid.Cid) (DB, error) {
	return Open(ctx, c.env, commit)
}

// load opens what the ref points at, unless that is what is open.
func (c *Conn) load(ctx context.Context) (*state, error) {
	id, err := c.store.Ref(ctx, c.ref)
	if err != nil {
		return nil, err
	}
	known := c.known()
	if known != nil && known.commit.ID == id {
		return known, nil
	}
	commit, err := ReadCommit(ctx, c.env, id)
	if err != nil {
		return nil, err
	}
	s, err := openCommit(ctx, c.env, commit, known)
	if err != nil {
		return nil, err
	}
	c.know(s)
	return s, nil
}

func (c *Conn) known() *state {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head
}

func (c *Conn) know(s *state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head = s
}

// Report is the outcome of a transaction.
type Report struct {
	Before, After DB
	Commit        Commit        // zero for With
	Datoms        []Datom       // what was added and retracted, the transaction's own datoms included, as in TxRecord
	Purged        []Datom       // what was removed as if it had never been, in EAVT order
	Tempids       map[string]ID // "-1" for a negative number, the text for a string
	Attempts      int           // how often it was run until no other writer was faster; 0 for With
}

// maxAttempts is how often a transaction is tried before other writers have been faster too often.
const maxAttempts = 32

// Transact runs the transaction on the newest value and commits it, again on the new head when another writer was faster, a bounded number of times.
// Now and then, when so much was stored that the storage can be made a good deal smaller, that is begun, and goes on beside the caller: see Tidy, Tidied and TidyElsewhere.
// forms is tx data: maps and [:db/add …] vectors. A transaction that changes nothing but its own tx entity is still a transaction.
// Refused tx data is a *TxError; the error wraps cas.ErrConflict when all attempts were lost.
func (c *Conn) Transact(ctx context.Context, forms []edn.Value, m Meta) (Report, error) {
	r, err := c.transact(ctx, forms, m, c.due())
	if err == nil && r.Commit.Tail == 0 {
		c.keepSmall(ctx)
	}
	return r, err
}

// TransactMore is Transact for all but the last batch of an import. It stores
// nodes only when a great deal is new, since most of them would be replaced by the
// next batch. Databases take long to open until Transact or Flush has stored them.
func (c *Conn) TransactMore(ctx context.Context, forms []edn.Value, m Meta) (Report, error) {
	return c.transact(ctx, forms, m, bulky)
}

// TransactLast is Transact for the last batch of an import: it stores all nodes, however few are new,
// so that the database is quick to open.
func (c *Conn) TransactLast(ctx context.Context, forms []edn.Value, m Meta) (Report, error) {
	return c.transact(ctx, forms, m, func(novelty, int) bool { return true })
}

// Flush ends an import of which the last batch was not known to be the last: it
// makes an empty transaction that stores what is new, unless that is little.
func (c *Conn) Flush(ctx context.Context, m Meta) error {
	head, err := c.load(ctx)
	if err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	due := c.due()
	if head.commit.Tail == 0 || !due(head.tail, head.commit.Tail) {
		return nil
	}
	_, err = c.transact(ctx, nil, m, due)
	return err
}

// transact is Transact with a policy of its own as to when nodes are stored.
func (c *Conn) transact(ctx context.Context, forms []edn.Value, m Meta, due policy) (Report, error) {
	var r Report
	attempts, err := c.retry(ctx, m, func() (err error) {
		r, err = c.attempt(ctx, forms, m, due, joined{})
		return err
	})
	r.Attempts = attempts
	return r, err
}

// retry makes an attempt to commit when it is this writer's turn, and again as long as writers that wait for no turn are
// faster, a bounded number of times, which it counts. Who went ahead without a turn and was overtaken stands in line.
func (c *Conn) retry(ctx context.Context, m Meta, attempt func() error) (attempts int, err error) {
	if !utf8.ValidString(m.By) || !utf8.ValidString(m.Msg) {
		return 0, fmt.Errorf("transact: author %.40q or message %.40q is not UTF-8", m.By, m.Msg)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	done, held := cas.Turn(ctx, c.store, c.ref)
	defer func() { done() }()
	for n := 1; ; n++ {
		err := attempt()
		if !errors.Is(err, cas.ErrConflict) || n == maxAttempts {
			return n, err
		}
		if !held {
			done()
			if done, held = cas.Turn(ctx, c.store, c.ref); held {
				continue
			}
		}
		if err := pause(ctx, n); err != nil {
			return n, fmt.Errorf("transact: wait for other writers: %w", err)
		}
	}
}

// pause waits a random time that grows with the number of attempts made, up to 100 ms.
func pause(ctx context.Context, attempts int) error {
	limit := min(time.Millisecond<<(attempts-1), 100*time.Millisecond)
	timer := time.NewTimer(rand.N(limit))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// attempt runs the transaction on the head of this moment.
func (c *Conn) attempt(ctx context.Context, forms []edn.Value, m Meta, due policy, more joined) (Report, error) {
	store := cas.Begin(c.store)
	head, err := c.load(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("transact: %w", err)
	}
	before := DB{s: head}
	x, err := expand(ctx, before, forms, head.t+1, c.now(), head.next)
	if err != nil {
		return Report{}, err
	}
	next, err := c.write(ctx, store, head, x, m, due, more)
	if err != nil {
		return Report{}, fmt.Errorf("transact: %w", err)
	}
	c.know(next)
	return Report{Before: before, After: DB{s: next}, Commit: next.commit, Datoms: x.datoms, Purged: x.purged.all(), Tempids: x.tempids}, nil
}
