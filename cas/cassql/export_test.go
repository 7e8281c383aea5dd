package cassql

import (
	"context"
	"database/sql"
)

// DB is the database beneath, SQL is a statement for it.
func (s *Store) DB() *sql.DB                 { return s.db }
func (s *Store) SQL(statement string) string { return s.sql(statement) }

// Renew is what happens to pins from time to time.
func (s *Store) Renew(ctx context.Context) error { return s.renew(ctx) }
