package cashttp

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// Events are lines of a stream that stays open: one for each move of a ref, and one now and then to show that both ends are there.
const (
	movedLine  = "event: moved"
	aliveEvery = 10 * time.Second
)

// Notify implements cas.Notifier, by server-sent events. It connects again when the connection is lost, of which it tells too: whoever
// asks then learns that the server is away.
func (c *Client) Notify(ctx context.Context, moved chan<- struct{}) error {
	if err := c.must(ctx, canEvents); err != nil {
		return err
	}
	tell := func() {
		select {
		case moved <- struct{}{}:
		default:
		}
	}
	go func() {
		for ctx.Err() == nil {
			heard := false
			_ = c.once(ctx, request{path: eventsPath}, func(body io.Reader, _ *http.Response) error {
				lines := bufio.NewScanner(body)
				for lines.Scan() {
					if strings.HasPrefix(lines.Text(), movedLine) {
						heard = true
						tell()
					}
				}
				return lines.Err()
			})
			if heard && ctx.Err() == nil {
				tell()
			}
			if sleep(ctx, time.Second) != nil {
				return
			}
		}
	}()
	return nil
}
