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
	// crowded is for how long writers stand in line after one was overtaken by another.
	crowded = 5 * time.Second
	// maxTurn is how long a writer waits for its turn.
	maxTurn = 30 * time.Second
)

// queue is a dialect in which writers can stand in line: a lock that belongs to a connection.
type queue interface {
	// lockTurn waits for the lock of a name, unlockTurn gives it back.
	lockTurn(wait time.Duration) string
	unlockTurn() string
}

// crowd remembers which refs several writers want to move.
type crowd struct {
	mu   sync.Mutex
	seen map[string]time.Time // when a writer was overtaken last
}

func (c *crowd) lost(ref string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]time.Time{}
	}
	c.seen[ref] = time.Now()
}

func (c *crowd) wants(ref string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.seen[ref]
	return ok && time.Since(at) < crowded
}

// Turn implements cas.Queuer. Beside a SQLite file the line is made of locks of files. In a server it is a lock there, held by a connection
// of its own, and who was not overtaken in the last 5 s goes ahead without asking, which saves two questions.
func (s *Store) Turn(ctx context.Context, ref string) (done func()) {
	if d, ok := s.dialect.(sqliteDB); ok && cas.CheckRefName(ref) == nil {
		return filelock.Turn(ctx, d.path+"-"+s.prefix+"-"+strings.ReplaceAll(ref, "/", "+"), maxTurn)
	}
	if q, ok := s.dialect.(queue); ok && s.crowd.wants(ref) {
		return s.queue(ctx, q, ref)
	}
	return func() {}
}

func (s *Store) queue(ctx context.Context, q queue, ref string) (done func()) {
	nothing := func() {}
	ctx, cancel := context.WithTimeout(ctx, maxTurn)
	defer cancel()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nothing
	}
	name := s.prefix + "/" + ref
	got := false
	err = s.query(ctx, conn, s.sql(q.lockTurn(maxTurn)), []any{name}, func(answer scanner) error { return answer.Scan(&got) })
	if err != nil || !got {
		_ = conn.Close()
		return nothing
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), letGo)
		defer cancel()
		_ = s.query(ctx, conn, s.sql(q.unlockTurn()), []any{name}, func(scanner) error { return nil })
		_ = conn.Close()
	}
}
