// Package casfile keeps blocks and refs in a directory: the embedded default
// of dhfs.
//
// What is new is appended to a journal, blocks and the move of a ref together,
// and made durable by one fdatasync. A journal that has grown large becomes a
// pack, with an index beside it. Nothing is ever changed in place.
//
// Many processes may read and write one store at once. A writer holds the lock
// file while it appends; readers need no lock: what they do not find they look
// for in what was appended since. A process may therefore see a block or a ref
// a moment before the one that wrote it knows that it is durable.
//
// FORMAT.md says what every byte in the directory means.
package casfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/filelock"
)

// Options of a store. The zero Options are good.
type Options struct {
	// ReadOnly refuses all writes. Without it, too, nothing is written before
	// the first Put, Commit or SetRef, so that a store on a read-only file system
	// can be opened and read.
	ReadOnly bool
	// PackSize is the size in bytes at which the journal becomes a pack: 64 MiB
	// when it is 0, 2 GiB at most.
	PackSize int64
}

// limits are the sizes at which something is done besides appending.
type limits struct {
	pack       int64 // the journal becomes a pack
	checkpoint int64 // the journal is indexed again after so much was appended
	append     int64 // of blocks before compression, in one record
	dense      int64 // so much outside of dense packs is put into one when garbage is removed
}

func (o Options) limits() limits {
	l := limits{pack: 64 << 20, checkpoint: 4 << 20, append: 16 << 20, dense: 128 << 10}
	if o.PackSize > 0 {
		l.pack = min(o.PackSize, 2<<30)
	}
	return l
}

// Store is an open file store. It implements cas.RefStore and cas.Committer.
type Store struct {
	dir      string
	readOnly bool
	limits   limits
	disk     disk

	turn  chan struct{} // held by the one who appends or closes
	lock  lock          // against other processes; for the holder of turn
	out   appender      // for the holder of turn
	queue queue         // what waits to be appended

	collecting chan struct{}      // held by the one who removes garbage, before turn
	sole       lock               // against other processes that do
	sketches   map[key]sketch     // of what the last collection put into a dense pack; for the holder of collecting
	life       context.Context    // until Close: no longer is garbage removed
	endLife    context.CancelFunc // of life

	scan      sync.Mutex // held while looking for what other processes wrote; before mu
	appending bool       // guarded by scan

	mu      sync.RWMutex // what follows changes under scan and mu
	list    *packList    // what the files of the packs are called
	packs   []*pack      // sealed; number n is at n-1
	dense   []*pack      // what was gathered from journal and packs
	journal *journal
	closed  bool

	recent  atomic.Pointer[pack] // where a block was found last
	pinned  pinned
	leases  filelock.Leases
	written atomic.Int64
	fsyncs  atomic.Int64
	delayed atomic.Pointer[error]
}

var (
	_ cas.RefStore  = (*Store)(nil)
	_ cas.Committer = (*Store)(nil)
	_ cas.Collector = (*Store)(nil)
	_ cas.Sizer     = (*Store)(nil)
	_ cas.Queuer    = (*Store)(nil)
	_ cas.Grower    = (*Store)(nil)
	_ cas.Forgetter = (*Store)(nil)
	_ cas.Soloist   = (*Store)(nil)
)

// Open opens the store in dir. The error wraps cas.ErrNotFound when there is
// none, and is a *VersionError when another version of dhfs made it.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	return open(ctx, dir, o, osDisk{})
}

func open(ctx context.Context, dir string, o Options, d disk) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkFormat(d, dir); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, readOnly: o.ReadOnly, limits: o.limits(), disk: d, turn: make(chan struct{}, 1), collecting: make(chan struct{}, 1)}
	s.life, s.endLife = context.WithCancel(context.Background())
	s.lock.path = filepath.Join(dir, "lock")
	s.sole.path = filepath.Join(dir, "turns", "collect")
	s.leases.Path = filepath.Join(dir, "turns", "lease")
	s.scan.Lock()
	defer s.scan.Unlock()
	if err := s.reload(); err != nil {
		return nil, fmt.Errorf("open file store %s: %w", dir, err)
	}
	return s, nil
}

// Close waits for an append that is under way, and has who removes garbage give it up. What uses the store afterwards
// gets an error that wraps os.ErrClosed.
func (s *Store) Close() error {
	s.endLife()
	s.collecting <- struct{}{}
	defer func() { <-s.collecting }()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.leaveTidy()
	s.scan.Lock()
	defer s.scan.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.pinned.releaseAll()
	s.leases.Close()
	s.list.close()
	for _, p := range slices.Concat(s.packs, s.dense) {
		p.close()
	}
	s.journal.close()
	return errors.Join(s.out.close(), s.lock.close(), s.sole.close())
}

func (s *Store) errClosed() error { return fmt.Errorf("file store %s: %w", s.dir, os.ErrClosed) }

func (s *Store) errReadOnly() error {
	return fmt.Errorf("file store %s was opened for reading only: %w", s.dir, fs.ErrPermission)
}
