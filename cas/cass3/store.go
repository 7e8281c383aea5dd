// Package cass3 keeps blocks and refs in a bucket of any S3-compatible storage.
//
// Blocks lie in packs, which are objects that never change. A ref is an object that is replaced on the condition that it is what it was.
// A commit is two PUTs: a pack and a ref. What a reader wants first is in the ref: the newest commits and the upper
// nodes of the trees. Each branch says where its children lie, so going down is one GET of a range for each level.
//
// There is no server of dhfs between readers and writers, and no lock: whoever has the keys of the bucket may use the store, as
// many at once as they like. FORMAT.md says what every byte means.
package cass3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/pins"
)

// atOnce is how many requests one call may have under way.
const atOnce = 16

const (
	formatKey  = "dhfs"
	formatText = "dhfs s3 store 1\n"
)

// Options of a store. The zero Options are good.
type Options struct {
	// Transport carries the requests; nil is one with the proxies and certificates of the system.
	Transport http.RoundTripper
	// Patience is how long a request is repeated that is not answered, where its context has no deadline: 30 s when it is 0.
	Patience time.Duration
	// Alone shares nothing that is known of the store with other opens of it in the process, as if this were another process.
	Alone bool
	// Growth is how many bytes commits have to add before the bucket is worth to be made smaller (cas.Grower): 64 MiB when it is 0.
	Growth int64
}

// Store is an open store. All methods may be called from many goroutines.
type Store struct {
	*shared
	client   *client
	closed   atomic.Bool
	pinned   *pins.Held[[]byte]
	fencing  time.Duration // how long a collector that says nothing is waited for
	growFrom int64
	life     context.Context // until Close: no longer is garbage removed
	endLife  context.CancelFunc
	removing sync.RWMutex // shared by those who remove garbage
}

var (
	_ cas.RefStore  = (*Store)(nil)
	_ cas.Committer = (*Store)(nil)
	_ cas.Batcher   = (*Store)(nil)
	_ cas.Queuer    = (*Store)(nil)
	_ cas.Sizer     = (*Store)(nil)
	_ cas.ManySizer = (*Store)(nil)
	_ cas.Collector = (*Store)(nil)
	_ cas.Forgetter = (*Store)(nil)
	_ cas.Carrier   = (*Store)(nil)
	_ cas.Grower    = (*Store)(nil)
	_ cas.Soloist   = (*Store)(nil)
	_ cas.Hinter    = (*Store)(nil)
)

// Open opens the store at url, s3://BUCKET/PREFIX?endpoint=URL&region=NAME. The keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the shared
// credentials file, or the machine's role; certificates are those of the system, or those that AWS_CA_BUNDLE names. The error wraps cas.ErrNotFound when there is no store or no bucket, cas.ErrUnavailable when the server does not
// answer, fs.ErrPermission when it refuses the keys.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	s, err := newStore(url, o)
	if err != nil {
		return nil, err
	}
	g, err := s.readGC(ctx)
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open S3 store: %w", err)
	}
	s.adopt(g)
	return s, nil
}

// Create makes an empty store, or opens the one that there is. The bucket must exist.
func Create(ctx context.Context, url string, o Options) (*Store, error) {
	s, err := newStore(url, o)
	if err != nil {
		return nil, err
	}
	_, err = s.client.put(ctx, formatKey, []byte(formatText), condition{none: true})
	if errors.Is(err, errRefused) {
		s.Close()
		return Open(ctx, url, o)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("create S3 store: %w", err)
	}
	return s, nil
}

func newStore(url string, o Options) (*Store, error) {
	a, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	c, err := newClient(a, o)
	if err != nil {
		return nil, err
	}
	of := sharedOf
	if o.Alone {
		of = newShared
	}
	s := &Store{shared: of(a), client: c, fencing: maxFencing, growFrom: cmp.Or(o.Growth, growthFrom)}
	s.life, s.endLife = context.WithCancel(context.Background())
	s.pinned = pins.New[[]byte](renewEvery, s.renew, s.dropPins)
	return s, nil
}

// Close lets go of the connections, when who removes garbage has given it up: others would wait for him. What uses the store afterwards gets an error that wraps os.ErrClosed.
func (s *Store) Close() error {
	if !s.closed.Swap(true) {
		s.endLife()
		s.removing.Lock()
		defer s.removing.Unlock()
		s.pinned.ReleaseAll()
		s.client.close()
	}
	return nil
}

// CarriesNodes implements cas.Carrier: a commit is two PUTs, whatever is in it.
func (s *Store) CarriesNodes() bool { return true }

// usable refuses what is asked of a closed store or under a context that is done.
func (s *Store) usable(ctx context.Context) error {
	if s.closed.Load() {
		return fmt.Errorf("%s: %w", s.address, os.ErrClosed)
	}
	return ctx.Err()
}
