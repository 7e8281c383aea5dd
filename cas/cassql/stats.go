package cassql

import "context"

// Stats tells how large a store is and what it did since it was opened.
type Stats struct {
	Blocks  int64 // that can be read
	Raw     int64 // bytes of all blocks before compression
	Disk    int64 // bytes of the tables and their indexes; for SQLite of the whole file
	Queries int64 // sent since it was opened: statements, and beginnings and ends of transactions
}

// Stats counts; it reads no blocks, but the database may go through their table.
func (s *Store) Stats(ctx context.Context) (t Stats, err error) {
	err = s.read(ctx, "stat", func(ctx context.Context) error {
		err := s.query(ctx, s.db, s.sql("SELECT count(*), coalesce(sum(size), 0) FROM %p_blocks"), nil, func(answer scanner) error { return answer.Scan(&t.Blocks, &t.Raw) })
		if err != nil {
			return err
		}
		return s.query(ctx, s.db, s.sql(s.disk()), nil, func(answer scanner) error { return answer.Scan(&t.Disk) })
	})
	t.Queries = s.queries.Load()
	return t, err
}

// Queries is how much was sent to the database since the store was opened: statements, and beginnings and ends of transactions.
func (s *Store) Queries() int64 { return s.queries.Load() }
