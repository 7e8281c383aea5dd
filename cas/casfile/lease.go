package casfile

import (
	"context"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/filelock"
)

// maxSettle is how long a writer waits for those who believe in what a ref pointed at before. Leases
// last a quarter of that at most; one that takes longer was stopped, and then nobody reads through it.
const maxSettle = 4 * filelock.LeaseTime

var _ cas.Leaser = (*Store)(nil)

// Lease implements cas.Leaser.
func (s *Store) Lease() (release func(), ok bool) { return s.leases.Take() }

// Settle implements cas.Leaser.
func (s *Store) Settle(ctx context.Context) { s.leases.Settle(ctx, maxSettle) }
