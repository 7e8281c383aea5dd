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

// Collect implements cas.Collector. The new files are made while others read and write, see collectOnce: who wants to write waits for as long as they are put in use.
//
// When much was stored since the last time, what is live in the journal and in small packs becomes a dense pack, together with dense packs that are
// not much larger or have garbage. Else the journal is written anew without its garbage. A pack is when less than half of it is live, or thorough is set; else its garbage
// is only no longer listed. Damage anywhere in the store is an error: what it hides could be told neither from garbage nor from the rest.
func (s *Store) Collect(ctx context.Context, thorough bool, mark cas.Mark) (cas.Collected, error) {
	done, err := s.collect(ctx, collection{thorough: thorough}, mark)
	if err != nil {
		return done, fmt.Errorf("collect garbage in file store %s: %w", s.dir, err)
	}
	return done, nil
}

// Forget implements cas.Forgetter: it removes damaged blocks, and with them all of a dense pack that lies in their groups and can no more be read than they.
func (s *Store) Forget(ctx context.Context, ids []cid.Cid) error {
	gone := make(map[cid.Cid]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	_, err := s.collect(ctx, collection{lossy: true}, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return !gone[id] }, nil
	})
	if err != nil {
		return fmt.Errorf("forget damaged blocks of file store %s: %w", s.dir, err)
	}
	return nil
}

// disked is how many bytes the files with blocks have.
func (s *Store) disked() int64 {
	var t Stats
	t.add(s.journal.pack)
	for _, p := range slices.Concat(s.packs, s.dense) {
		t.add(p)
	}
	return t.Disk
}

// collection writes files anew without what is not kept.
type collection struct {
	s        *Store
	v        *view
	thorough bool
	lossy    bool // groups of dense packs that cannot be read are given up
	keep     func(found) bool
	next     *packList

	packs, dense []*part
	journal      *part
	gathered     bool // there is a new dense pack
	removed      int  // blocks
	begun        bool // the new files are being put in use
}

// part is what a collection makes of one file.
type part struct {
	p          *pack
	live, dead []found
	unread     error // why not all of a dense pack could be read
	move       bool  // what is live goes into a new dense pack
}

// prepare makes all new files but the journal. Nothing has changed for anybody then.
func (c *collection) prepare(ctx context.Context) (err error) {
	c.next = c.v.list.next(len(c.v.packs))
	if err := c.parts(); err != nil {
		return err
	}
	if c.gathered, err = c.gather(ctx); err != nil {
		return err
	}
	for i := range c.packs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.pack(i, c.packs[i]); err != nil {
			return err
		}
	}
	return nil
}

// parts tells live blocks from garbage in all files.
func (c *collection) parts() (err error) {
	c.packs, c.dense = make([]*part, len(c.v.packs)), make([]*part, len(c.v.dense))
	for i, p := range c.v.packs {
		c.s.mu.RLock() // it may get an index meanwhile
		blocks, err := p.blocks(c.s.disk)
		c.s.mu.RUnlock()
		if err != nil {
			return err
		}
		c.packs[i] = c.part(p, blocks)
	}
	for i, p := range c.v.dense {
		blocks, err := p.blocks(c.s.disk)
		if err != nil && !isDamage(err) {
			return err
		}
		c.dense[i] = c.part(p, blocks)
		c.dense[i].unread = err
	}
	c.journal = c.part(c.v.journal, c.v.blocks)
	return nil
}

func (c *collection) part(p *pack, blocks []found) *part {
	x := &part{p: p}
	for _, b := range blocks {
		if c.keep(b) {
			x.live = append(x.live, b)
		} else {
			x.dead = append(x.dead, b)
		}
	}
	c.removed += len(x.dead)
	return x
}

// replace puts the new files in use, for the holder of the lock. Until it begins nothing has changed, and after each of its steps the store is whole.
//
// First the list gets the new dense pack, and a new epoch: from then on no writer counts on anything that was garbage. Then the journal is replaced, since
// parents lie behind their children, and then all packs at once, by a second list.
func (c *collection) replace(journal *journalPart) error {
	s := c.s
	first := &packList{path: c.next.path, epoch: s.list.epoch, packs: s.list.packs, dense: s.list.dense, last: c.next.last}
	if c.removed > 0 {
		first.epoch++
	}
	c.next.epoch = first.epoch
	if c.gathered {
		first.dense = append(slices.Clone(first.dense), c.next.last)
	}
	if err := s.syncDir(filepath.Join(s.dir, "packs")); err != nil { // the new files must be found
		return err
	}
	c.begun = true
	if err := s.writeList(first); err != nil {
		return err
	}
	if journal != nil {
		if err := c.writeJournal(journal); err != nil {
			return err
		}
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

// next is a list of n packs for the next generation of files, in the same epoch.
func (l *packList) next(n int) *packList {
	packs := make([]listed, n)
	copy(packs, l.packs)
	return &packList{path: l.path, epoch: l.epoch, packs: packs, dense: l.dense, last: l.last + 1}
}

// pack makes the new files of pack i, if it needs any.
func (c *collection) pack(i int, x *part) error {
	p := x.p
	if x.move {
		return c.rewrite(i, p, nil)
	}
	if len(x.dead) == 0 && !(c.thorough && p.names.hasGone()) {
		return nil
	}
	if c.thorough || 2*sizeOf(x.live) < p.mark.end {
		return c.rewrite(i, p, x.live)
	}
	return c.hide(i, p, x.live, x.dead)
}

// sizeOf is what blocks take in their file.
func sizeOf(blocks []found) (size int64) {
	for _, b := range blocks {
		size += int64(b.at.size)
	}
	return size
}

// rewrite makes a pack without its garbage.
func (c *collection) rewrite(i int, p *pack, live []found) error {
	names := listed{pack: c.next.last, index: c.next.last}
	next := &pack{path: numbered(p.dir, p.id.number, names.pack, ".pack"), dir: p.dir, names: names, id: newIdentity(p.id.number)}
	before, err := p.beforeIt(c.s.disk)
	if err != nil {
		return err
	}
	if err := c.s.copyBlocks(next, before, nil, nil, p, live); err != nil {
		return err
	}
	names.ends = mark{end: next.mark.end, sum: next.mark.sum}
	data, err := next.index(c.s.disk)
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
	names.index = c.next.last
	next := &pack{dir: p.dir, names: names, id: p.id}
	raw, err := p.rawOf(c.s.disk, dead)
	if err != nil {
		return err
	}
	c.s.mu.RLock()
	all := p.rawBytes()
	c.s.mu.RUnlock()
	info := indexInfo{id: p.id, covers: p.mark, raw: all - raw, refs: allRefs(p.refs)}
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

// writeJournal puts a journal without garbage in the place of the present one: with the same number and the same refs.
func (c *collection) writeJournal(j *journalPart) error {
	s := c.s
	next := &pack{path: s.nextPath(), dir: s.dir, id: newIdentity(s.journal.id.number)}
	if err := s.copyBlocks(next, s.journal.before, allRefs(s.journal.refs), j.back, s.journal.pack, j.live); err != nil {
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

// copyBlocks writes the file of to: the refs, unless they are nil, some blocks, and others of from, in their order there. It fills in what to has.
func (s *Store) copyBlocks(to *pack, before mark, refs []refMove, some []entry, from *pack, blocks []found) (err error) {
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
	for size := 0; len(some) > 0 || len(blocks) > 0 || r.moves != nil; size, r = 0, (record{s: s}) {
		for ; len(some) > 0 && size < copyRecord; some = some[1:] {
			size += len(some[0].pack())
			r.entries = append(r.entries, &some[0])
		}
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

// denseFile is what dense packs are called.
var denseFile = regexp.MustCompile(`^\d+\.dense$`)

// removeStale removes the files of packs that the list does not name: what they held is in others or was garbage.
func (s *Store) removeStale() error {
	used := map[string]bool{}
	for i, p := range s.packs {
		n := uint64(i + 1)
		for _, path := range []string{p.path, p.indexPath(), numbered(s.dir, n, p.names.index, ".gone")} {
			used[filepath.Base(path)] = true
		}
	}
	for _, p := range s.dense {
		used[filepath.Base(p.path)] = true
	}
	dir := filepath.Join(s.dir, "packs")
	names, err := s.disk.names(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if used[name] || !s.isOfPack(name) {
			continue
		}
		if err := s.disk.remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// isOfPack tells whether a file in packs is one of a pack before the journal, by its name.
func (s *Store) isOfPack(name string) bool {
	if denseFile.MatchString(name) {
		return true
	}
	m := packFile.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	n, err := strconv.ParseUint(m[1], 10, 64)
	return err == nil && n > 0 && n <= uint64(len(s.packs))
}
