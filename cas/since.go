package cas

import (
	"context"

	"github.com/ipfs/go-cid"
)

// Differ is a store behind a network that finds out by itself what one history has and another has not.
type Differ interface {
	// Since returns, in one answer, the commits that heads come from and haves do not, parents first, and before them all that
	// their transactions reach: what is to be done again to get from haves to heads. The error wraps ErrUnsupported where the store cannot
	// tell, has none of haves, or would have to return so much that a Copy is better.
	Since(ctx context.Context, heads, haves []cid.Cid) ([]Block, error)
}

// Replayer is a store behind a network that does transactions again by itself.
type Replayer interface {
	// Replay stores what the blocks of a Since lead to. No ref moves. The error wraps ErrUnsupported where the store cannot, and is a
	// *CorruptError where the transactions lead elsewhere than their commits say.
	Replay(ctx context.Context, blocks []Block, heads []cid.Cid) error
}
