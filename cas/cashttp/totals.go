package cashttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/dhfs/dhfs/cas"
)

// totalsFile tells how much a store holds.
const totalsFile = "totals.json"

type totals struct {
	Blocks int64 `json:"blocks"`
	Raw    int64 `json:"bytes"`
	Disk   int64 `json:"disk"`
}

// Totals are those that the server tells; the error wraps cas.ErrUnsupported where it does not.
func (c *Client) Totals(ctx context.Context) (cas.Totals, error) {
	b, err := c.read(ctx, request{path: totalsFile})
	if errors.Is(err, cas.ErrNotFound) {
		return cas.Totals{}, fmt.Errorf("%s does not tell how much it holds: %w", c.base, cas.ErrUnsupported)
	}
	if err != nil {
		return cas.Totals{}, fmt.Errorf("totals: %w", err)
	}
	var t totals
	if err := json.Unmarshal(b, &t); err != nil {
		return cas.Totals{}, fmt.Errorf("%s: %w", totalsFile, err)
	}
	return cas.Totals(t), nil
}

func (h *handler) getTotals(w http.ResponseWriter, r *http.Request) error {
	m, ok := cas.As[interface {
		Totals(ctx context.Context) (cas.Totals, error)
	}](h.store)
	if !ok {
		return fmt.Errorf("%s: %w", totalsFile, cas.ErrNotFound)
	}
	t, err := m.Totals(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_ = json.NewEncoder(w).Encode(totals(t))
	return nil
}
