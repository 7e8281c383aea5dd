package casfile

import (
	"context"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
)

// Stats tells how large a store is and what it did since it was opened.
type Stats struct {
	Blocks int64 // that can be read
	Raw    int64 // bytes of all blocks before compression
	Disk   int64 // bytes of the journal, the packs and the indexes
	Packs  int   // sealed ones

	Written int64 // bytes written since it was opened, indexes included
	Fsyncs  int64 // of files and directories, since it was opened

	// Delayed is why the journal could not be indexed or sealed when that was
	// last tried. It is tried again by itself, and all blocks are safe meanwhile.
	Delayed error
}

// Stats counts; it reads no blocks.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	if err := ctx.Err(); err != nil {
		return Stats{}, err
	}
	if err := s.refresh(); err != nil {
		return Stats{}, fmt.Errorf("stat file store %s: %w", s.dir, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := Stats{Packs: len(s.packs), Written: s.written.Load(), Fsyncs: s.fsyncs.Load(), Delayed: s.delay()}
	t.add(s.journal.pack)
	for _, p := range slices.Concat(s.packs, s.dense) {
		t.add(p)
	}
	return t, nil
}

// Totals are Stats as all kinds of stores have them.
func (s *Store) Totals(ctx context.Context) (cas.Totals, error) {
	t, err := s.Stats(ctx)
	return cas.Totals{Blocks: t.Blocks, Raw: t.Raw, Disk: t.Disk}, err
}

func (t *Stats) add(p *pack) {
	t.Blocks += int64(p.count())
	t.Raw += int64(p.rawBytes())
	t.Disk += p.mark.end
	if p.idx != nil {
		t.Disk += p.idx.size()
	}
}
