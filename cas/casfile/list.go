package casfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dhfs/dhfs/cas"
)

// packList tells which files the packs consist of since garbage was first removed from the store: packs/list.
// Files are never written over; a new list is put in the place of the old one, and then files that it does not name go.
type packList struct {
	path  string
	epoch uint64   // how often garbage was removed; 0 when never
	packs []listed // of pack 1, 2, …; packs behind these have the names that they were sealed with
	dense []uint32 // generations of the dense packs
	last  uint32   // the greatest generation that there was
	// The file stays open, so that the file system gives its number to no other meanwhile.
	f    file
	info fs.FileInfo
}

// listed is what the files of one pack are called, and where it ends.
type listed struct {
	pack  uint32 // generation of NUMBER.GENERATION.pack; 0 for NUMBER.pack
	index uint32 // of the index. Where it is greater, NUMBER.GENERATION.gone lists blocks of the pack that are no longer there
	ends  mark   // of a pack that was written anew; else the zero mark. Without where the last record begins
}

const (
	listMagic  = "dhfs list 2\n"
	listMagic1 = "dhfs list 1\n" // the same without the last generation and dense packs: generations are epochs
	listHead   = 28              // magic, sum, epoch, number of packs
	listEntry  = 20              // generations of pack and index, end of the pack, sum of its last record
	listMore   = 8               // last generation, number of dense packs
)

func listPath(dir string) string { return filepath.Join(dir, "packs", "list") }

// loadList reads the list of a store.
func loadList(d disk, dir string) (*packList, error) {
	l := &packList{path: listPath(dir)}
	f, err := d.open(l.path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	l.f = f
	if err := l.read(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *packList) read() (err error) {
	if l.info, err = l.f.Stat(); err != nil {
		return err
	}
	b := make([]byte, l.info.Size())
	if n, err := l.f.ReadAt(b, 0); n < len(b) && err != io.EOF {
		return err
	}
	if !l.parse(b) {
		return &cas.CorruptError{Path: l.path, Reason: "it is not made as the list of packs is"}
	}
	return nil
}

func (l *packList) parse(b []byte) bool {
	le := binary.LittleEndian
	if len(b) < listHead || crc32.Checksum(b[16:], castagnoli) != headSum(b) {
		return false
	}
	magic, n := string(b[:12]), int64(le.Uint32(b[24:]))
	l.epoch, b = le.Uint64(b[16:]), b[listHead:]
	if n*listEntry > int64(len(b)) {
		return false
	}
	for ; n > 0; n, b = n-1, b[listEntry:] {
		l.packs = append(l.packs, listed{
			pack: le.Uint32(b), index: le.Uint32(b[4:]), ends: mark{end: int64(le.Uint64(b[8:])), sum: le.Uint32(b[16:])},
		})
	}
	if l.last = uint32(l.epoch); magic == listMagic1 {
		return len(b) == 0
	}
	if magic != listMagic || len(b) < listMore || int64(len(b)) != listMore+4*int64(le.Uint32(b[4:])) {
		return false
	}
	l.last = le.Uint32(b)
	for b = b[listMore:]; len(b) > 0; b = b[4:] {
		l.dense = append(l.dense, le.Uint32(b))
	}
	return true
}

func (l *packList) bytes() []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 0, listHead+listEntry*len(l.packs)), listMagic+"\x00\x00\x00\x00"...)
	b = le.AppendUint32(le.AppendUint64(b, l.epoch), uint32(len(l.packs)))
	for _, p := range l.packs {
		b = le.AppendUint32(le.AppendUint32(b, p.pack), p.index)
		b = le.AppendUint32(le.AppendUint64(b, uint64(p.ends.end)), p.ends.sum)
	}
	b = le.AppendUint32(le.AppendUint32(b, l.last), uint32(len(l.dense)))
	for _, generation := range l.dense {
		b = le.AppendUint32(b, generation)
	}
	le.PutUint32(b[sumAt:], crc32.Checksum(b[16:], castagnoli))
	return b
}

// at is what the list says of a pack.
func (l *packList) at(number uint64) listed {
	if number > uint64(len(l.packs)) {
		return listed{}
	}
	return l.packs[number-1]
}

// changed tells whether there is another list now.
func (l *packList) changed(d disk) bool {
	info, err := d.stat(l.path)
	if err != nil {
		return l.f != nil
	}
	return l.f == nil || !os.SameFile(info, l.info)
}

func (l *packList) close() {
	if l.f != nil {
		l.f.Close()
	}
}

// epoch is how often garbage was removed from the store, as far as this process knows.
func (s *Store) epoch() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.list.epoch
}

// hasGone tells whether some blocks in the pack's records are not there any more.
func (l listed) hasGone() bool { return l.index > l.pack }

func (p *pack) gonePath() string { return numbered(p.dir, p.id.number, p.names.index, ".gone") }

// gone lists the blocks in the pack's records that are not there any more: it is made as an index is.
func (p *pack) gone(d disk) ([]found, error) {
	if !p.names.hasGone() {
		return nil, nil
	}
	x, err := openIndex(d, p.gonePath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &cas.CorruptError{Path: p.gonePath(), Reason: "the file is missing"}
	}
	if err != nil {
		return nil, err
	}
	defer x.close()
	if x.id != p.id {
		return nil, &cas.CorruptError{Path: p.gonePath(), Reason: fmt.Sprintf("it is of another pack than %s", p.path)}
	}
	var all []found
	for i := range x.bucketCount() {
		if all, err = x.appendFound(all, i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// hideGone takes from a pack that was read by its records what is not there any more.
func (p *pack) hideGone(d disk) error {
	if p.damage != nil && p.mark.end == 0 { // not even its head could be read
		return nil
	}
	gone, err := p.gone(d)
	for _, b := range gone {
		delete(p.tail, b.key)
	}
	var corrupt *cas.CorruptError
	if errors.As(err, &corrupt) {
		if p.damage == nil {
			p.damage = corrupt
		}
		return nil
	}
	return err
}
