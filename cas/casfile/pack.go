package casfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// pack is a file of records: a sealed one, or the journal while it grows.
type pack struct {
	path   string
	dir    string // of the store
	names  listed // what its files are called
	id     identity
	before mark // how the pack before ended; only where the head was read
	mark   mark
	idx    *index       // nil when there is none that can be used
	tail   map[key]span // the blocks that idx does not list
	raw    uint64       // bytes of the blocks in tail before compression
	refs   map[string]cid.Cid
	// damage is why blocks may be missing from idx and tail.
	damage *cas.CorruptError
	// cut is where a file ends that is shorter than its index; else 0.
	cut   int64
	dense *dense // of a dense pack, which has no records

	opening sync.Mutex // guards f, which is opened at the first read, and closed
	f       file
	closed  bool
}

// numbered is the path of a file of the pack with a number, of the generation that garbage was removed in; 0 for the first.
func numbered(dir string, number uint64, generation uint32, ext string) string {
	name := fmt.Sprintf("%08d%s", number, ext)
	if generation > 0 {
		name = fmt.Sprintf("%08d.%d%s", number, generation, ext)
	}
	return filepath.Join(dir, "packs", name)
}

// indexPath is where the pack's index is or has to be.
func (p *pack) indexPath() string { return numbered(p.dir, p.id.number, p.names.index, ".idx") }

// find looks a key up in the pack.
func (p *pack) find(d disk, k key) (span, bool, error) {
	if p.dense != nil {
		return p.findDense(d, k)
	}
	if at, ok := p.tail[k]; ok || p.idx == nil {
		return at, ok, nil
	}
	at, ok, err := p.idx.find(k)
	return at, ok && !p.lost(at), err
}

// lost tells whether a block lies behind the end of the file.
func (p *pack) lost(at span) bool { return p.cut > 0 && int64(at.off)+int64(at.size) > p.cut }

// file is the open pack.
func (p *pack) file(d disk) (file, error) {
	p.opening.Lock()
	defer p.opening.Unlock()
	if p.closed {
		return nil, os.ErrClosed
	}
	if p.f == nil {
		f, err := d.open(p.path, os.O_RDONLY)
		if err != nil {
			return nil, err
		}
		p.f = f
	}
	return p.f, nil
}

// buffers hold stored blocks while they are unpacked.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// read returns the block k, which lies at at.
func (p *pack) read(d disk, k key, at span) (cas.Block, error) {
	if p.dense != nil {
		return p.readDenseBlock(d, k, at)
	}
	f, err := p.file(d)
	if err != nil {
		return cas.Block{}, err
	}
	buf := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buf) <= 1<<20 { // the rare large block must not stay for ever
			buffers.Put(buf)
		}
	}()
	if cap(*buf) < int(at.size) {
		*buf = make([]byte, at.size)
	}
	stored := (*buf)[:at.size]
	if n, err := f.ReadAt(stored, int64(at.off)); n < len(stored) {
		if err != io.EOF {
			return cas.Block{}, err
		}
		return cas.Block{}, p.corrupt(k, at, "the file ends before")
	}
	b, err := unpack(stored, k)
	if err != nil {
		return cas.Block{}, p.corrupt(k, at, err.Error())
	}
	return b, nil
}

func (p *pack) corrupt(k key, at span, reason string) error {
	return &cas.CorruptError{CID: k.cid(), Path: fmt.Sprintf("%s at offset %d", p.path, at.off), Reason: reason}
}

// openPack opens a sealed pack: by its index, or, where that is missing or not
// usable, by reading all of it. For that, ends tells where the last record must
// end, as the file after it says: the zero mark when that is not known.
func openPack(d disk, dir string, number uint64, names listed, ends func() (mark, error)) (*pack, error) {
	p := &pack{path: numbered(dir, number, names.pack, ".pack"), dir: dir, names: names, id: identity{number: number}}
	info, err := d.stat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		p.damage = &cas.CorruptError{Path: p.path, Reason: "the file is missing"}
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	idx, err := usableIndex(d, p.indexPath(), number)
	if err != nil {
		return nil, err
	}
	if idx != nil && idx.covers.end >= info.Size() {
		p.useIndex(idx, info.Size())
		return p, nil
	}
	if idx != nil {
		idx.close()
	}
	want := names.ends
	if want.end == 0 {
		if want, err = ends(); err != nil {
			return nil, err
		}
	}
	if err := p.readAll(d, info.Size(), want); err != nil {
		return nil, err
	}
	return p, p.hideGone(d)
}

// usableIndex opens an index; nil when there is none or it is damaged, since
// the records themselves can still be read.
func usableIndex(d disk, path string, number uint64) (*index, error) {
	x, err := openIndex(d, path)
	var corrupt *cas.CorruptError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &corrupt) {
		return nil, nil
	}
	if err == nil && x.id.number != number {
		x.close()
		return nil, nil
	}
	return x, err
}

// useIndex makes idx stand for the records up to its mark, in a file of size bytes.
func (p *pack) useIndex(idx *index, size int64) {
	p.idx, p.id, p.mark = idx, idx.id, idx.covers
	p.refs = make(map[string]cid.Cid, len(idx.refs))
	applyRefs(p.refs, idx.refs)
	if size < idx.covers.end {
		p.cut = max(size, 1)
		p.damage = &cas.CorruptError{
			Path:   fmt.Sprintf("%s at offset %d", p.path, size),
			Reason: fmt.Sprintf("the file is cut short, %d bytes are missing", idx.covers.end-size),
		}
	}
}

// readAll takes everything from the records of a sealed pack.
func (p *pack) readAll(d disk, size int64, want mark) error {
	f, err := p.file(d)
	if err != nil {
		return err
	}
	if ok, err := p.readHead(f); !ok || err != nil {
		return err
	}
	h, err := walk(f, p.path, p.id, p.mark, size)
	if errors.Is(err, errReplaced) {
		h.damaged(p.path, "the record does not follow the one before it")
	} else if err != nil {
		return err
	}
	if h.torn {
		h.damaged(p.path, "the rest of the file is no record")
	} else if want.end > 0 && (h.mark.end != want.end || h.mark.sum != want.sum) {
		h.damaged(p.path, fmt.Sprintf("the file does not end here, but at %d", want.end))
	}
	p.add(h)
	return nil
}

// readHead reads the head of the file; false when it is damaged, which is then
// the pack's damage.
func (p *pack) readHead(f file) (bool, error) {
	var head [fileHead]byte
	n, err := f.ReadAt(head[:], 0)
	if n < len(head) && err != io.EOF {
		return false, err
	}
	id, before, ok := parseHead(head[:n])
	if !ok || p.id.number != 0 && id.number != p.id.number {
		p.damage = &cas.CorruptError{Path: p.path + " at offset 0", Reason: "the head of the file is damaged"}
		return false, nil
	}
	p.id, p.before, p.mark = id, before, mark{end: fileHead, sum: headSum(head[:])}
	p.refs = map[string]cid.Cid{}
	return true, nil
}

// add puts a harvest in.
func (p *pack) add(h harvest) {
	p.mark = h.mark
	if p.damage == nil {
		p.damage = h.damage
	}
	if len(h.refs) > 0 { // readers may hold the old ones
		p.refs = maps.Clone(p.refs)
		applyRefs(p.refs, h.refs)
	}
	if p.tail == nil {
		p.tail = make(map[key]span, len(h.found))
	}
	for _, b := range h.found {
		p.tail[b.key] = b.at
		p.raw += b.size
	}
}

// blocks returns everything that the pack lists, in no order.
func (p *pack) blocks(d disk) ([]found, error) {
	if p.dense != nil {
		return p.denseBlocks(d)
	}
	all := make([]found, 0, p.count())
	for k, at := range p.tail {
		all = append(all, found{key: k, at: at})
	}
	if p.idx == nil {
		return all, nil
	}
	for i := range p.idx.bucketCount() {
		var err error
		if all, err = p.idx.appendFound(all, i); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(all, func(b found) bool { return p.lost(b.at) }), nil
}

// count is how many blocks the pack lists.
func (p *pack) count() int {
	if p.dense != nil {
		return p.dense.n
	}
	n := len(p.tail)
	if p.idx != nil {
		n += int(p.idx.n)
	}
	return n
}

// rawBytes is the size of all blocks before compression.
func (p *pack) rawBytes() uint64 {
	if p.dense != nil {
		return p.dense.raw
	}
	if p.idx != nil {
		return p.raw + p.idx.raw
	}
	return p.raw
}

// index lays out an index of the whole pack.
func (p *pack) index(d disk) ([]byte, error) {
	blocks, err := p.blocks(d)
	if err != nil {
		return nil, err
	}
	info := indexInfo{id: p.id, covers: p.mark, raw: p.rawBytes(), refs: allRefs(p.refs)}
	return appendIndex(nil, info, blocks), nil
}

func (p *pack) close() {
	p.opening.Lock()
	defer p.opening.Unlock()
	p.closed = true
	if p.f != nil {
		p.f.Close()
	}
	if p.idx != nil {
		p.idx.close()
		p.idx = nil
	}
}
