package casfile

import (
	"context"
	"fmt"

	"github.com/fsnotify/fsnotify"
)

// Notify sends after each append to the journal, by any process of this machine.
func (s *Store) Notify(ctx context.Context, moved chan<- struct{}) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", s.dir, err)
	}
	if err := w.Add(s.dir); err != nil {
		w.Close()
		return fmt.Errorf("watch %s: %w", s.dir, err)
	}
	go func() {
		defer w.Close()
		for {
			select {
			case <-ctx.Done():
				return
			case _, ok := <-w.Errors:
				if !ok {
					return
				}
			case _, ok := <-w.Events:
				if !ok {
					return
				}
			}
			select {
			case moved <- struct{}{}:
			default:
			}
		}
	}()
	return nil
}
