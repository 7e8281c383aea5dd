package cassql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// runner is a database, a connection or a transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scanner is a row of an answer.
type scanner interface{ Scan(dest ...any) error }

// errNoAnswer says that a statement was given up.
var errNoAnswer = fmt.Errorf("no answer in time: %w", cas.ErrUnavailable)

// exec sends one statement and returns how many rows it has touched.
func (s *Store) exec(ctx context.Context, r runner, statement string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, errNoAnswer)
	defer cancel()
	s.queries.Add(1)
	result, err := r.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, gaveUp(ctx, err)
	}
	return result.RowsAffected()
}

// query sends one statement and hands on the rows of its answer.
func (s *Store) query(ctx context.Context, r runner, statement string, args []any, each func(scanner) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, errNoAnswer)
	defer cancel()
	s.queries.Add(1)
	rows, err := r.QueryContext(ctx, statement, args...)
	if err != nil {
		return gaveUp(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return gaveUp(ctx, err)
		}
	}
	return gaveUp(ctx, rows.Err())
}

// gaveUp tells the end of patience from all else that ends a statement.
func gaveUp(ctx context.Context, err error) error {
	if err != nil && context.Cause(ctx) == errNoAnswer {
		return errNoAnswer
	}
	return err
}

// inTx runs do in a transaction. Its beginning and its end are statements like others, which are given up in time.
func (s *Store) inTx(ctx context.Context, do func(tx runner) error) error {
	opening, cancel := context.WithTimeoutCause(ctx, s.patience, errNoAnswer)
	conn, err := s.db.Conn(opening)
	err = gaveUp(opening, err)
	cancel()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := s.exec(ctx, conn, s.begin()); err != nil {
		s.rollBack(ctx, conn) // for it may have begun before its caller gave up
		return err
	}
	if err := do(conn); err != nil {
		s.rollBack(ctx, conn)
		return err
	}
	if err := ctx.Err(); err != nil {
		s.rollBack(ctx, conn)
		return err
	}
	// Once it is sent it is waited for: whoever gave up would see its effect come later, in the midst of what he does next.
	if _, err := s.exec(context.WithoutCancel(ctx), conn, "COMMIT"); err != nil {
		s.rollBack(ctx, conn)
		return err
	}
	return nil
}

// rollBack ends a transaction, or the connection with it.
func (s *Store) rollBack(ctx context.Context, conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(letGo, s.patience))
	defer cancel()
	if _, err := s.exec(ctx, conn, "ROLLBACK"); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// take takes one of a few places, and gives it back when done is called.
func take(ctx context.Context, places chan struct{}) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// read runs what only reads, again where that may help.
func (s *Store) read(ctx context.Context, what string, do func(ctx context.Context) error) error {
	done, err := take(ctx, s.reading)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer done()
	return s.again(ctx, what, func(bool) error { return do(ctx) })
}

// again runs do until it succeeds or fails for good. lost tells do that an earlier attempt may have had its effect.
func (s *Store) again(ctx context.Context, what string, do func(lost bool) error) error {
	var since time.Time // of the first failure
	lost := false
	for n := 1; ; n++ {
		err := do(lost)
		k := s.kind(err)
		if err == nil || ctx.Err() != nil || errors.Is(err, errNoAnswer) || k != kindBusy && k != kindLost {
			return s.failed(ctx, what, err)
		}
		if n == 1 {
			since = time.Now()
		}
		lost = lost || k == kindLost
		limit := s.patience
		if k == kindLost {
			limit = min(limit, reconnecting)
		}
		if time.Since(since) > limit {
			return s.failed(ctx, what, err)
		}
		if err := pause(ctx, n); err != nil {
			return s.failed(ctx, what, err)
		}
	}
}

// pause waits a random time that grows with the number of attempts made, up to 200 ms.
func pause(ctx context.Context, attempts int) error {
	timer := time.NewTimer(rand.N(min(2*time.Millisecond<<min(attempts, 10), 200*time.Millisecond)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
