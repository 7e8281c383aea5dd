package cassql

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Notify implements cas.Notifier for PostgreSQL, over a connection of its own, which is made again when it is lost. The other databases
// tell nothing by themselves.
func (s *Store) Notify(ctx context.Context, moved chan<- struct{}) error {
	d, ok := s.dialect.(postgres)
	if !ok {
		return fmt.Errorf("%s tells nobody when a ref moves: %w", s.shown, errors.ErrUnsupported)
	}
	conn, err := d.listen(ctx, s.prefix)
	if err != nil {
		return s.failed(ctx, "listen", err)
	}
	go func() {
		for ctx.Err() == nil {
			if conn != nil {
				hear(ctx, conn, moved)
			}
			timer := time.NewTimer(time.Second)
			select {
			case <-ctx.Done():
			case <-timer.C:
				conn, _ = d.listen(ctx, s.prefix)
			}
			timer.Stop()
		}
		if conn != nil {
			_ = conn.Close(context.Background())
		}
	}()
	return nil
}

// listen connects and asks to be told.
func (d postgres) listen(ctx context.Context, channel string) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, d.listening)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		_ = conn.Close(context.Background())
		return nil, err
	}
	return conn, nil
}

// hear passes on what is told until the connection ends.
func hear(ctx context.Context, conn *pgx.Conn, moved chan<- struct{}) {
	defer func() { _ = conn.Close(context.Background()) }()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return
		}
		select {
		case moved <- struct{}{}:
		default:
		}
	}
}
