package cassql

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
)

// Rows reads tables that others have made, in any of the databases that a Store can lie in.
type Rows struct{ s *Store }

// OpenRows prepares to read at a URL, as it is for a Store. The error wraps cas.ErrNotFound where there is no such file.
func OpenRows(url string) (*Rows, error) {
	s, err := connect(url)
	if err != nil {
		return nil, err
	}
	if err := s.found(); err != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", s.shown, err)
	}
	return &Rows{s}, nil
}

// Query runs a statement, with ? for each argument, and calls each with what reads a row. The errors of a missing table or database wrap
// cas.ErrNotFound, others what those of Open do.
func (r *Rows) Query(ctx context.Context, statement string, args []any, each func(scan func(dest ...any) error) error) error {
	err := r.s.query(ctx, r.s.db, r.s.sql(statement), args, func(row scanner) error { return each(row.Scan) })
	if err != nil && r.s.kind(err) == kindNoTable {
		return fmt.Errorf("%s: %w: %w", r.s.shown, cas.ErrNotFound, r.s.clean(err))
	}
	return r.s.failed(ctx, "read", err)
}

// Close ends all connections.
func (r *Rows) Close() error { return r.s.Close() }
