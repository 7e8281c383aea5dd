package casfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Loss says what a damaged journal still has, and what may be gone with the rest of it.
type Loss struct {
	Damage  []string // where, and what is wrong there
	Records int      // whole ones
	Blocks  int      // in whole records, or whole by themselves
	Refs    []LossyRef
	// RefsLost says that what is lost may have held moves of refs: of those that are not Sure, and of such that are not listed at all.
	RefsLost bool
}

// LossyRef is a ref as the last record that has it says.
type LossyRef struct {
	cas.Ref
	// Sure says that it cannot have been moved since: all that is damaged lies before that record.
	Sure bool
}

// Recover makes a store usable whose journal is damaged or missing: it is written anew from its whole records and whole blocks, and what it
// was is set aside, as journal.damaged.1 and so on, never removed. decide is told what is left, and
// says where the refs are to point from now on; when it returns an error, that is Recover's, and nothing is written. The file that was set
// aside is returned, "" where the journal is whole: then decide is not asked.
//
// Blocks that were lost are missing afterwards: cas.Repair fetches them.
func Recover(ctx context.Context, dir string, decide func(Loss) ([]cas.Ref, error)) (aside string, err error) {
	return recoverJournal(ctx, dir, osDisk{}, decide)
}

func recoverJournal(ctx context.Context, dir string, d disk, decide func(Loss) ([]cas.Ref, error)) (aside string, err error) {
	if err := checkFormat(d, dir); err != nil {
		return "", err
	}
	s := &Store{dir: dir, limits: Options{}.limits(), disk: d}
	s.lock.path = filepath.Join(dir, "lock")
	if err := s.lock.acquire(ctx); err != nil {
		return "", err
	}
	defer s.lock.close()
	if s.list, err = loadList(d, dir); err != nil {
		return "", err
	}
	defer s.list.close()
	aside, err = (&recovery{s: s}).run(decide)
	if err != nil {
		return aside, fmt.Errorf("recover the journal of file store %s: %w", dir, err)
	}
	return aside, nil
}

// recovery is a Recover under way. It holds the store's lock.
type recovery struct {
	s       *Store
	old     *pack // the journal; its file is nil where it is missing
	size    int64
	loss    Loss
	refs    map[string]cid.Cid
	sure    map[string]bool
	kept    map[key]found
	from    int64 // up to here an index tells the refs, whatever is damaged
	lastGap int64 // where the last damage behind that begins; −1 for none
}

func (x *recovery) run(decide func(Loss) ([]cas.Ref, error)) (aside string, err error) {
	if err := x.open(); err != nil {
		return "", err
	}
	defer x.old.close()
	if x.old.f != nil {
		if err := x.read(); err != nil {
			return "", err
		}
	}
	if len(x.loss.Damage) == 0 {
		return "", nil
	}
	for _, m := range allRefs(x.refs) {
		x.loss.Refs = append(x.loss.Refs, LossyRef{cas.Ref{Name: m.name, CID: m.id}, x.lastGap < 0 || x.sure[m.name]})
	}
	x.loss.Blocks, x.loss.RefsLost = len(x.kept), x.lastGap >= 0
	refs, err := decide(x.loss)
	if err != nil {
		return "", err
	}
	moves := map[string]cid.Cid{}
	for _, r := range refs {
		if err := cas.CheckRefName(r.Name); err != nil {
			return "", err
		}
		moves[r.Name] = r.CID
	}
	return x.replace(moves)
}

// open finds the journal and what tells it from others, as far as its head or its index still say.
func (x *recovery) open() error {
	s := x.s
	x.refs, x.sure, x.kept, x.lastGap = map[string]cid.Cid{}, map[string]bool{}, map[key]found{}, -1
	if err := s.finishSeal(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	number, err := x.number()
	if err != nil {
		return err
	}
	x.old = &pack{path: s.journalPath(), dir: s.dir, id: newIdentity(number)}
	if err := x.fromPackBefore(number); err != nil {
		return err
	}
	f, err := s.disk.open(x.old.path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		x.gap(0, "the journal is missing")
		return nil
	}
	if err != nil {
		return err
	}
	x.old.f = f
	info, err := f.Stat()
	if err != nil {
		return err
	}
	x.size = info.Size()
	whole := &pack{path: x.old.path}
	ok, err := whole.readHead(f)
	if err != nil {
		return err
	}
	if ok {
		x.old.id, x.old.before, x.old.mark = whole.id, whole.before, whole.mark
		return nil
	}
	x.tell(0, "the head of the file is damaged")
	x.old.mark = mark{end: fileHead}
	return x.findHead(f)
}

// number is that of the journal: one more than the packs there are.
func (x *recovery) number() (uint64, error) {
	names, err := x.s.disk.names(filepath.Join(x.s.dir, "packs"))
	if err != nil {
		return 0, err
	}
	last := uint64(len(x.s.list.packs))
	for _, name := range names {
		m := packFile.FindStringSubmatch(name)
		if m == nil || m[3] != "pack" || m[4] != "" {
			continue
		}
		n, err := strconv.ParseUint(m[1], 10, 64)
		if err != nil {
			return 0, err
		}
		last = max(last, n)
	}
	return last + 1, nil
}

// findHead takes what a damaged head said from wherever the records confirm it: the head with one byte of it put right, its salt alone, or the journal's index.
func (x *recovery) findHead(f file) error {
	var head [fileHead]byte
	if n, err := f.ReadAt(head[:], 0); n < len(head) && err != io.EOF {
		return err
	}
	guesses := []pack{{id: identity{number: x.old.id.number, salt: [16]byte(head[24:40])}, before: x.old.before}}
	if id, before, ok := mendedHead(head); ok && id.number == x.old.id.number {
		guesses = append(guesses, pack{id: id, before: before})
	}
	idx, err := usableIndex(x.s.disk, x.old.indexPath(), x.old.id.number)
	if err != nil {
		return err
	}
	if idx != nil {
		guesses = append(guesses, pack{id: idx.id, before: x.old.before})
		idx.close()
	}
	for i := range guesses {
		w := window{f: f, limit: x.size}
		at, err := w.findRecord(guesses[i].id, fileHead)
		if err != nil {
			return err
		}
		if at >= 0 {
			x.old.id, x.old.before = guesses[i].id, guesses[i].before
			return nil
		}
	}
	x.gap(fileHead, "no record can be told from other bytes")
	return nil
}

// mendedHead finds the one byte of a head that is wrong, by the head's sum.
func mendedHead(head [fileHead]byte) (id identity, before mark, ok bool) {
	for i := range head {
		for change := 1; change < 256; change++ {
			try := head
			try[i] ^= byte(change)
			if id, before, ok = parseHead(try[:]); ok {
				return id, before, true
			}
		}
	}
	return identity{}, mark{}, false
}

// fromPackBefore takes the refs as they were when the journal began, and how the pack before ended.
func (x *recovery) fromPackBefore(number uint64) error {
	if number == 1 {
		return nil
	}
	p, err := openPack(x.s.disk, x.s.dir, number-1, x.s.list.at(number-1), func() (mark, error) { return mark{}, nil })
	if err != nil {
		return err
	}
	defer p.close()
	if p.damage == nil {
		x.old.before = mark{end: p.mark.end, sum: p.mark.sum}
	}
	maps.Copy(x.refs, p.refs)
	return nil
}

// tell notes damage at an offset.
func (x *recovery) tell(at int64, reason string) {
	x.loss.Damage = append(x.loss.Damage, fmt.Sprintf("%s at offset %d: %s", x.s.journalPath(), at, reason))
}

// gap notes damage that may have held records.
func (x *recovery) gap(at int64, reason string) {
	x.tell(at, reason)
	if at >= x.from {
		x.lastGap = at
		clear(x.sure)
	}
}

// read gathers what is whole in the journal.
func (x *recovery) read() error {
	known := readFloor(x.s.lock.path)
	if err := x.useIndex(); err != nil {
		return err
	}
	w := window{f: x.old.f, limit: x.size}
	for at := x.old.mark; ; {
		head, body, err := w.record(x.old.id, at.end)
		if err == io.EOF {
			x.old.mark = at
			break
		}
		if errors.Is(err, errNoRecord) {
			next, ferr := w.findRecord(x.old.id, at.end+1)
			if ferr != nil {
				return ferr
			}
			if next < 0 {
				x.old.mark = at
				x.torn(at.end, known)
				break
			}
			x.damagedRecord(&w, at.end, next)
			at = mark{end: next}
			continue
		}
		if err != nil {
			return err
		}
		at = x.take(head, body, at)
	}
	if info, err := x.old.f.Stat(); err == nil {
		j := &journal{pack: x.old, info: info}
		if x.lastGap < x.old.mark.end && known.lost(j) {
			x.gap(x.old.mark.end, fmt.Sprintf("%d bytes that were durable are missing", int64(known.end)-x.old.mark.end))
		}
	}
	if x.old.id.number > 1 && x.old.mark.last == 0 && x.lastGap < 0 {
		x.gap(fileHead, "the first record is missing")
	}
	return nil
}

// useIndex takes the refs that an index of the journal's beginning has, and those of its blocks that are whole.
func (x *recovery) useIndex() error {
	idx, err := usableIndex(x.s.disk, x.old.indexPath(), x.old.id.number)
	if idx == nil || err != nil {
		return err
	}
	defer idx.close()
	if idx.id != x.old.id {
		return nil
	}
	x.refs = map[string]cid.Cid{}
	applyRefs(x.refs, idx.refs)
	for name := range x.refs {
		x.sure[name] = true
	}
	x.from = idx.covers.end
	if idx.covers.end > x.size { // refs as they were there, and whatever followed is lost
		x.from = x.size
		x.gap(x.size, fmt.Sprintf("the file is cut short, %d bytes are missing", idx.covers.end-x.size))
	}
	var all []found
	for i := range idx.bucketCount() {
		if all, err = idx.appendFound(all, i); err != nil {
			return nil // the rest of it is damaged: the records are read in any case
		}
	}
	for _, b := range all {
		x.keep(b)
	}
	return nil
}

// keep takes in a block if its bytes are still those of its name.
func (x *recovery) keep(b found) {
	data := make([]byte, b.at.size)
	if n, _ := x.old.f.ReadAt(data, int64(b.at.off)); n < len(data) {
		return
	}
	if _, err := unpack(data, b.key); err == nil {
		x.kept[b.key] = b
	}
}

// take takes in a whole record.
func (x *recovery) take(head, body []byte, at mark) mark {
	h := harvest{mark: at}
	if !h.take(head, body) {
		x.gap(at.end, "the record is not made as records are")
		return h.mark
	}
	x.loss.Records++
	for _, b := range h.found {
		x.kept[b.key] = b
	}
	if at.end >= x.from {
		applyRefs(x.refs, h.refs)
		for _, m := range h.refs {
			x.sure[m.name] = true
		}
	}
	return h.mark
}

// damagedRecord notes that nothing from off to next is a record, and keeps the blocks in there that are whole, as far as the record that began there can be followed.
func (x *recovery) damagedRecord(w *window, off, next int64) {
	x.gap(off, fmt.Sprintf("%d bytes are no record", next-off))
	b, err := w.bytes(off, next-off)
	if err != nil || len(b) <= recordHead {
		return
	}
	_, blocks, _ := parseBody(b[recordHead:], off+recordHead, nil)
	for _, b := range blocks {
		if int64(b.at.off)+int64(b.at.size) <= next {
			x.keep(b)
		}
	}
}

// torn judges the bytes behind the last record: the end of an append that was never acknowledged, unless they may have been durable.
func (x *recovery) torn(off int64, known floor) {
	info, err := x.old.f.Stat()
	if err != nil || off >= x.size {
		return
	}
	of := &journal{pack: x.old, info: info}
	speaks := fileNumber(info) != 0 && known.file == fileNumber(info) && known.marker == [4]byte(x.old.id.marker())
	if speaks && !known.lost(of) || len(x.loss.Damage) == 0 && !known.lost(of) {
		return
	}
	x.damagedRecord(&window{f: x.old.f, limit: x.size}, off, x.size)
}

// replace sets the old journal aside and puts a new one in its place. A process that dies on the way leaves either as it was.
func (x *recovery) replace(refs map[string]cid.Cid) (aside string, err error) {
	s := x.s
	if err := s.lock.note([]byte{appendUnderWay}); err != nil { // whoever comes next makes all of it durable
		return "", err
	}
	if x.old.f != nil {
		if aside, err = x.setAside(); err != nil {
			return "", err
		}
	}
	// No writer may go on who counts on what is lost.
	list := &packList{path: s.list.path, epoch: s.list.epoch + 1, packs: s.list.packs, dense: s.list.dense, last: s.list.last}
	if err := s.writeList(list); err != nil {
		return "", err
	}
	next := &pack{path: s.nextPath(), dir: s.dir, id: newIdentity(x.old.id.number)}
	blocks := make([]found, 0, len(x.kept))
	for _, b := range x.kept {
		blocks = append(blocks, b)
	}
	if x.old.f == nil {
		x.old.f = nothing{}
	}
	if err := s.copyBlocks(next, x.old.before, allRefs(refs), nil, x.old, blocks); err != nil {
		return "", err
	}
	if err := s.disk.rename(s.nextPath(), s.journalPath()); err != nil {
		return "", err
	}
	return aside, s.syncDir(s.dir)
}

// nothing is the file of a journal that is missing.
type nothing struct{ file }

func (nothing) Close() error { return nil }

// setAside copies the journal to a name of its own, durably.
func (x *recovery) setAside() (string, error) {
	s := x.s
	for n := 1; ; n++ {
		path := fmt.Sprintf("%s.damaged.%d", s.journalPath(), n)
		if _, err := s.disk.stat(path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if err := x.copyTo(path + ".new"); err != nil {
			return "", err
		}
		if err := s.disk.rename(path+".new", path); err != nil {
			return "", err
		}
		return path, s.syncDir(s.dir)
	}
}

func (x *recovery) copyTo(path string) error {
	out, err := x.s.disk.open(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	buf := make([]byte, min(copyRecord, max(x.size, 1)))
	for off := int64(0); off < x.size && err == nil; {
		n, rerr := x.old.f.ReadAt(buf[:min(int64(len(buf)), x.size-off)], off)
		if n == 0 {
			err = cmp.Or(rerr, io.ErrUnexpectedEOF)
			break
		}
		err = x.s.writeAt(out, buf[:n], off)
		off += int64(n)
	}
	if err == nil {
		err = x.s.sync(out)
	}
	return errors.Join(err, out.Close())
}
