package cassql

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/filelock"
)

const (
	// crowded is for how long a writer stands in line after it was overtaken by another, or saw others in line.
	crowded = 5 * time.Second
	// maxTurn is how long a writer waits for its turn.
	maxTurn = 30 * time.Second
)

// queue is a dialect in which writers can stand in line: a lock that belongs to a connection.
type queue interface {
	// lockTurn waits for the lock of a ref, unlockTurn gives it back.
	lockTurn(wait time.Duration) string
	unlockTurn() string
	// lined is an expression: whether anybody has the lock of a ref.
	lined() string
}

// crowd remembers which refs several writers want to move.
type crowd struct {
	mu   sync.Mutex
	seen map[string]time.Time // when others were noticed last
	held map[string]int       // turns that are this store's own
}

// notice notes that others want to move a ref.
func (c *crowd) notice(ref string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]time.Time{}
	}
	c.seen[ref] = time.Now()
}

// noticeLine notes that somebody stands in line for a ref, unless that is a writer of this store.
func (c *crowd) noticeLine(ref string) {
	c.mu.Lock()
	own := c.held[ref] > 0
	c.mu.Unlock()
	if !own {
		c.notice(ref)
	}
}

// hold counts the turns that this store has.
func (c *crowd) hold(ref string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]int{}
	}
	c.held[ref] += n
}

func (c *crowd) wants(ref string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.seen[ref]
	return ok && time.Since(at) < crowded
}

// Turn implements cas.Queuer. Beside a SQLite file the line is made of locks of files. In a server it is a lock there, held by a connection
// of its own. Who was not overtaken in the last 5 s goes ahead without asking, which saves two questions, and is told by its write when
// somebody stands in line: from then on it does so too.
func (s *Store) Turn(ctx context.Context, ref string) (done func(), held bool) {
	if d, ok := s.dialect.(sqliteDB); ok && cas.CheckRefName(ref) == nil {
		return filelock.Turn(ctx, d.path+"-"+s.prefix+"-"+strings.ReplaceAll(ref, "/", "+"), maxTurn)
	}
	if q, ok := s.dialect.(queue); ok && s.crowd.wants(ref) {
		return s.queue(ctx, q, ref)
	}
	return func() {}, false
}

func (s *Store) queue(ctx context.Context, q queue, ref string) (done func(), held bool) {
	nothing := func() {}
	ctx, cancel := context.WithTimeout(ctx, maxTurn)
	defer cancel()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nothing, false
	}
	got := false
	err = s.query(ctx, conn, s.sql(q.lockTurn(maxTurn)), []any{ref}, func(answer scanner) error { return answer.Scan(&got) })
	if err != nil || !got {
		_ = conn.Close()
		return nothing, false
	}
	s.crowd.hold(ref, 1)
	return func() {
		s.crowd.hold(ref, -1)
		ctx, cancel := context.WithTimeout(context.Background(), letGo)
		defer cancel()
		_ = s.query(ctx, conn, s.sql(q.unlockTurn()), []any{ref}, func(scanner) error { return nil })
		_ = conn.Close()
	}, true
}
