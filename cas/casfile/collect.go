package casfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Collect implements cas.Collector. The store's lock is held all the time: others read meanwhile, and who wants to write waits.
//
// The journal is written anew without its garbage. A pack is when less than half of it is live, or thorough is set; else its garbage
// is only no longer listed. Damage anywhere in the store is an error: what it hides could be told neither from garbage nor from the rest.
func (s *Store) Collect(ctx context.Context, thorough bool, mark cas.Mark) (cas.Collected, error) {
	if err := s.mayWrite(ctx); err != nil {
		return cas.Collected{}, err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return cas.Collected{}, ctx.Err()
	}
	defer func() { <-s.turn }()
	done, err := s.collectAlone(ctx, thorough, mark)
	if err != nil {
		return done, fmt.Errorf("collect garbage in file store %s: %w", s.dir, err)
	}
	return done, nil
}

// collectAlone is Collect for the holder of the turn.
func (s *Store) collectAlone(ctx context.Context, thorough bool, mark cas.Mark) (cas.Collected, error) {
	if err := s.begin(ctx); err != nil {
		return cas.Collected{}, err
	}
	defer s.end()
	if err := s.damage(); err != nil {
		return cas.Collected{}, err
	}
	pins, err := s.pins()
	if err != nil {
		return cas.Collected{}, err
	}
	refs := make([]cas.Ref, 0, len(s.journal.refs))
	for _, m := range allRefs(s.journal.refs) {
		refs = append(refs, cas.Ref{Name: m.name, CID: m.id})
	}
	keep, err := mark(ctx, refs, pins)
	if err != nil {
		return cas.Collected{}, err
	}
	before := s.disked()
	c := collection{s: s, thorough: thorough, next: s.list.next(len(s.packs)), keep: func(b found) bool { return keep(b.key.cid()) }}
	if err := c.run(ctx); err != nil {
		return cas.Collected{}, err
	}
	s.upkeep()
	return cas.Collected{Blocks: c.removed, Bytes: before - s.disked()}, nil
}

// disked is how many bytes the files with blocks have.
func (s *Store) disked() int64 {
	var t Stats
	t.add(s.journal.pack)
	for _, p := range s.packs {
		t.add(p)
	}
	return t.Disk
}

// collection writes files anew without what is not kept. The holder of the lock uses it.
type collection struct {
	s        *Store
	thorough bool
	keep     func(found) bool
	next     *packList
	removed  int // blocks
}

// run makes all new files, puts them in use, and removes the old ones.
//
// First the list gets a new epoch: from then on no writer counts on anything that was garbage. Then the journal is replaced, since
// parents lie behind their children, and then all packs at once, by a second list.
func (c *collection) run(ctx context.Context) error {
	s := c.s
	first := &packList{path: c.next.path, epoch: c.next.epoch, packs: s.list.packs}
	for i, p := range s.packs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.pack(i, p); err != nil {
			return err
		}
	}
	packs := c.removed > 0 || !slices.Equal(c.next.packs, s.list.next(len(s.packs)).packs)
	live, dead, err := c.split(s.journal.pack)
	if err != nil {
		return err
	}
	if packs || len(dead) > 0 {
		if err := c.replace(first, live, dead); err != nil {
			return err
		}
	}
	return s.removeStale()
}

// replace puts the new files in use. Until it begins nothing has changed, and after each of its steps the store is whole.
func (c *collection) replace(first *packList, live, dead []found) error {
	s := c.s
	if err := s.syncDir(filepath.Join(s.dir, "packs")); err != nil { // the new files must be found
		return err
	}
	if err := s.writeList(first); err != nil {
		return err
	}
	if len(dead) > 0 {
		if err := c.journal(live); err != nil {
			return err
		}
		c.removed += len(dead)
	}
	if err := s.writeList(c.next); err != nil {
		return err
	}
	s.scan.Lock()
	defer s.scan.Unlock()
	if err := s.reload(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.durable = s.journal.mark.end // it was before, or was written here
	return nil
}

func (s *Store) writeList(l *packList) error {
	if err := s.writeFile(l.path, l.bytes()); err != nil {
		return err
	}
	return s.syncDir(filepath.Dir(l.path))
}

// next is a list for the next epoch, of n packs.
func (l *packList) next(n int) *packList {
	packs := make([]listed, n)
	copy(packs, l.packs)
	return &packList{path: l.path, epoch: l.epoch + 1, packs: packs}
}

// split parts the blocks of a pack.
func (c *collection) split(p *pack) (live, dead []found, err error) {
	blocks, err := p.blocks()
	for _, b := range blocks {
		if c.keep(b) {
			live = append(live, b)
		} else {
			dead = append(dead, b)
		}
	}
	return live, dead, err
}

// pack makes the new files of pack i, if it needs any.
func (c *collection) pack(i int, p *pack) error {
	live, dead, err := c.split(p)
	if err != nil || len(dead) == 0 && !(c.thorough && p.names.hasGone()) {
		return err
	}
	var size int64
	for _, b := range live {
		size += int64(b.at.size)
	}
	c.removed += len(dead)
	if c.thorough || 2*size < p.mark.end {
		return c.rewrite(i, p, live)
	}
	return c.hide(i, p, live, dead)
}

// rewrite makes a pack without its garbage.
func (c *collection) rewrite(i int, p *pack, live []found) error {
	names := listed{pack: uint32(c.next.epoch), index: uint32(c.next.epoch)}
	next := &pack{path: numbered(p.dir, p.id.number, names.pack, ".pack"), dir: p.dir, names: names, id: newIdentity(p.id.number)}
	before, err := p.beforeIt(c.s.disk)
	if err != nil {
		return err
	}
	if err := c.s.copyBlocks(next, before, nil, p, live); err != nil {
		return err
	}
	names.ends = mark{end: next.mark.end, sum: next.mark.sum}
	data, err := next.index()
	if err != nil {
		return err
	}
	c.next.packs[i] = names
	return c.s.writeNew(next.indexPath(), data)
}

// hide makes an index of a pack that leaves out its garbage, and a list of that.
func (c *collection) hide(i int, p *pack, live, dead []found) error {
	before, err := p.gone(c.s.disk)
	if err != nil {
		return err
	}
	names := p.names
	names.index = uint32(c.next.epoch)
	next := &pack{dir: p.dir, names: names, id: p.id}
	raw, err := p.rawOf(c.s.disk, dead)
	if err != nil {
		return err
	}
	info := indexInfo{id: p.id, covers: p.mark, raw: p.rawBytes() - raw, refs: allRefs(p.refs)}
	if err := c.s.writeNew(next.gonePath(), appendIndex(nil, info, append(before, dead...))); err != nil {
		return err
	}
	c.next.packs[i] = names
	return c.s.writeNew(next.indexPath(), appendIndex(nil, info, live))
}

// rawOf is the size of some blocks before compression, as far as they are still whole.
func (p *pack) rawOf(d disk, blocks []found) (raw uint64, err error) {
	f, err := p.file(d)
	if err != nil {
		return 0, err
	}
	for _, b := range blocks {
		e, err := p.stored(f, b)
		var corrupt *cas.CorruptError
		if err != nil && !errors.As(err, &corrupt) {
			return 0, err
		}
		raw += uint64(e.size)
	}
	return raw, nil
}

// writeNew writes a file that nobody knows of yet.
func (s *Store) writeNew(path string, data []byte) error {
	f, err := s.disk.open(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	return s.fillFile(f, data)
}

// journal puts a journal without garbage in the place of the present one: with the same number and the same refs.
func (c *collection) journal(live []found) error {
	s := c.s
	next := &pack{path: s.nextPath(), dir: s.dir, id: newIdentity(s.journal.id.number)}
	if err := s.copyBlocks(next, s.journal.before, allRefs(s.journal.refs), s.journal.pack, live); err != nil {
		return err
	}
	if err := s.disk.rename(s.nextPath(), s.journalPath()); err != nil {
		return err
	}
	return s.syncDir(s.dir)
}

// beforeIt is how the pack before ended, as the head of p says.
func (p *pack) beforeIt(d disk) (mark, error) {
	f, err := p.file(d)
	if err != nil {
		return mark{}, err
	}
	head := pack{path: p.path}
	if ok, err := head.readHead(f); err != nil || !ok {
		return mark{}, cmp.Or(err, error(head.damage))
	}
	return head.before, nil
}

// copyRecord is about how many bytes of blocks go into a record of a file that is written anew.
const copyRecord = 1 << 20

// copyBlocks writes the file of to: the refs, unless they are nil, and blocks of from, in their order there. It fills in what to has.
func (s *Store) copyBlocks(to *pack, before mark, refs []refMove, from *pack, blocks []found) (err error) {
	in, err := from.file(s.disk)
	if err != nil {
		return err
	}
	out, err := s.disk.open(to.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := out.Close(); err == nil {
			err = cerr
		}
	}()
	head := to.id.head(before)
	if err := s.writeAt(out, head, 0); err != nil {
		return err
	}
	to.mark, to.refs = mark{end: fileHead, sum: headSum(head)}, map[string]cid.Cid{}
	slices.SortFunc(blocks, func(a, b found) int { return cmp.Compare(a.at.off, b.at.off) })
	r := record{s: s, moves: refs}
	for size := 0; len(blocks) > 0 || r.moves != nil; size, r = 0, (record{s: s}) {
		for ; len(blocks) > 0 && size < copyRecord; blocks = blocks[1:] {
			e, err := from.stored(in, blocks[0])
			if err != nil {
				return err
			}
			size += len(e.stored)
			r.entries = append(r.entries, &e)
		}
		b, h := r.layout(nil, to.id, to.mark)
		if err := s.writeAt(out, b, to.mark.end); err != nil {
			return err
		}
		to.add(h)
	}
	return s.sync(out)
}

// stored reads a block as it lies in the pack. Its bytes are not checked against its name: they stay what they are.
func (p *pack) stored(f file, b found) (entry, error) {
	data := make([]byte, b.at.size)
	if n, err := f.ReadAt(data, int64(b.at.off)); n < len(data) {
		return entry{}, fmt.Errorf("%s at offset %d: %w", p.path, b.at.off, err)
	}
	c := cursor{rest: data}
	block := c.storedBlock()
	if c.bad || len(c.rest) > 0 || block.key != b.key {
		return entry{}, p.corrupt(b.key, b.at, "another block, or none, is here")
	}
	return entry{key: b.key, stored: data, size: int(block.size)}, nil
}

// packFile is what files of packs are called.
var packFile = regexp.MustCompile(`^(\d{8,})(\.\d+)?\.(pack|idx|gone)(\.new)?$`)

// removeStale removes the files of packs that the list does not name: what they held is in others or was garbage.
func (s *Store) removeStale() error {
	used := map[string]bool{}
	for i, p := range s.packs {
		n := uint64(i + 1)
		for _, path := range []string{p.path, p.indexPath(), numbered(s.dir, n, p.names.index, ".gone")} {
			used[filepath.Base(path)] = true
		}
	}
	dir := filepath.Join(s.dir, "packs")
	names, err := s.disk.names(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		m := packFile.FindStringSubmatch(name)
		if m == nil || used[name] {
			continue
		}
		if n, err := strconv.ParseUint(m[1], 10, 64); err != nil || n == 0 || n > uint64(len(s.packs)) {
			continue
		}
		if err := s.disk.remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
