package cassql

import (
	"context"

	"github.com/dhfs/dhfs/cas"
)

// Totals counts. It reads no blocks, but the database may go through their table.
func (s *Store) Totals(ctx context.Context) (t cas.Totals, err error) {
	err = s.read(ctx, "count blocks", func(ctx context.Context) error {
		err := s.query(ctx, s.db, s.sql("SELECT count(*), coalesce(sum(size), 0) FROM %p_blocks"), nil, func(answer scanner) error { return answer.Scan(&t.Blocks, &t.Raw) })
		if err != nil {
			return err
		}
		return s.query(ctx, s.db, s.sql(s.disk()), nil, func(answer scanner) error { return answer.Scan(&t.Disk) })
	})
	return t, err
}

// Queries is how much was sent to the database since the store was opened: statements, and beginnings and ends of transactions.
func (s *Store) Queries() int64 { return s.queries.Load() }
