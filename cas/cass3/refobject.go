package cass3

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// A ref object says where the ref points, which packs its commit needs, and brings blocks along that a reader wants first.
const (
	refMagic  = "dhfs s3 ref 3\n\x00\x00"
	refSecond = "dhfs s3 ref 2\n\x00\x00" // without what commits have put
	refFirst  = "dhfs s3 ref 1\n\x00\x00" // and without an epoch
	maxPast   = 32                        // moves that are remembered
	maxPacks  = 64                        // in the list
	maxOld    = 64                        // replaced packs, before half of them are removed
)

// token names one move of a ref and no other. No two ref objects are equal, so neither are their ETags.
type token [16]byte

func newToken() (t token) {
	rand.Read(t[:])
	return t
}

// refObject is what lies under a ref's key. A ref that was removed is an object that points at nothing, since not every server
// deletes on a condition.
type refObject struct {
	etag   string
	token  token
	past   []token // of the moves before, the newest first
	epoch  uint64  // how often garbage had been removed when it was written
	grown  int64   // bytes by which commits have made the bucket larger since
	id     cid.Cid // cid.Undef: removed
	packs  []packInfo
	old    []packID  // packs that were replaced and are still there, the oldest first
	recent []inlined // small blocks of the last commits, the newest first
	top    []inlined // what lies below the commit, the upper first
}

// inlined is a block that a ref object brings along, and where else it lies.
type inlined struct {
	*record
	at location
}

// since is the epoch of a ref object; o may be nil.
func (o *refObject) since() uint64 {
	if o == nil {
		return 0
	}
	return o.epoch
}

// target is where a ref points; o may be nil.
func (o *refObject) target() cid.Cid {
	if o == nil {
		return cid.Undef
	}
	return o.id
}

// again is a ref object after o that says the same.
func (o *refObject) again() *refObject {
	next := *o
	next.etag, next.token = "", newToken()
	next.past = append([]token{o.token}, o.past...)
	next.past = next.past[:min(len(next.past), maxPast)]
	return &next
}

// knows tells whether a move was made, as far as the object reaches back.
func (o *refObject) knows(t token) bool {
	return o != nil && (o.token == t || slices.Contains(o.past, t))
}

func (o *refObject) encode(where func(cid.Cid) location) []byte {
	dst := append(make([]byte, 0, 4096), refMagic...)
	dst = append(dst, 0, 0, 0, 0)
	dst = append(dst, o.token[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(o.past)))
	for _, t := range o.past {
		dst = append(dst, t[:]...)
	}
	dst = binary.AppendUvarint(dst, o.epoch)
	dst = binary.AppendUvarint(dst, uint64(o.grown))
	id := o.id.Bytes()
	dst = append(binary.AppendUvarint(dst, uint64(len(id))), id...)
	dst = binary.AppendUvarint(dst, uint64(len(o.packs)))
	for _, p := range o.packs {
		dst = append(dst, p.id[:]...)
		dst = binary.AppendUvarint(dst, uint64(p.size))
		dst = binary.AppendUvarint(dst, uint64(p.entries))
		dst = binary.AppendUvarint(dst, uint64(p.replaced))
	}
	dst = binary.AppendUvarint(dst, uint64(len(o.old)))
	for _, id := range o.old {
		dst = append(dst, id[:]...)
	}
	dst = appendInlined(dst, o.recent, where)
	dst = appendInlined(dst, o.top, where)
	binary.LittleEndian.PutUint32(dst[len(refMagic):], crc32.Checksum(dst[len(refMagic)+4:], castagnoli))
	return dst
}

func appendInlined(dst []byte, blocks []inlined, where func(cid.Cid) location) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(blocks)))
	for _, b := range blocks {
		dst = append(dst, b.at.pack[:]...)
		dst = binary.AppendUvarint(dst, uint64(b.at.off))
		dst = binary.AppendUvarint(dst, uint64(b.at.size))
		dst = b.appendTo(dst, packID{}, where)
	}
	return dst
}

var errRefObject = errors.New("not a ref of this version, or damaged")

// readInlined is a block that was brought along, and where its children lie.
type readInlined struct {
	block cas.Block
	inlined
	hints []location
}

// parseRef reads what encode wrote.
func parseRef(data []byte) (*refObject, []readInlined, error) {
	body := len(refMagic) + 4
	if len(data) < body {
		return nil, nil, errRefObject
	}
	magic := string(data[:len(refMagic)])
	if magic != refMagic && magic != refSecond && magic != refFirst || binary.LittleEndian.Uint32(data[len(refMagic):]) != crc32.Checksum(data[body:], castagnoli) {
		return nil, nil, errRefObject
	}
	r := reader{data: data[body:]}
	o := &refObject{token: token(r.id())}
	for range r.count() {
		o.past = append(o.past, token(r.id()))
	}
	if magic != refFirst {
		o.epoch = r.uvarint()
	}
	if magic == refMagic {
		o.grown = max(0, int64(r.uvarint()))
	}
	if id := r.take(r.count()); len(id) > 0 {
		var err error
		if o.id, err = cid.Cast(id); err != nil {
			return nil, nil, errRefObject
		}
	}
	for range r.count() {
		p := packInfo{id: r.id(), size: int64(r.uvarint()), entries: int(r.uvarint()), replaced: int(r.uvarint())}
		if r.bad || !p.sound() {
			return nil, nil, errRefObject
		}
		o.packs = append(o.packs, p)
	}
	for range r.count() {
		o.old = append(o.old, r.id())
	}
	var all []readInlined
	for _, list := range []*[]inlined{&o.recent, &o.top} {
		for range r.count() {
			b, err := readOne(&r)
			if err != nil {
				return nil, nil, err
			}
			*list = append(*list, b.inlined)
			all = append(all, b)
		}
	}
	if r.bad || len(r.data) > 0 {
		return nil, nil, errRefObject
	}
	return o, all, nil
}

func readOne(r *reader) (b readInlined, err error) {
	at := location{r.id(), uint32(r.uvarint()), uint32(r.uvarint())}
	if r.bad {
		return b, errRefObject
	}
	p, whole, err := splitRecord(r.data, packID{})
	if err != nil {
		return b, err
	}
	r.data = r.data[whole:]
	if b.block, err = p.block(); err != nil {
		return b, err
	}
	links, err := distinctLinks(b.block)
	if err != nil {
		return b, err
	}
	b.inlined = inlined{&record{id: b.block.CID(), form: p.form, stored: p.stored, size: len(b.block.Data()), links: links}, at}
	b.hints = p.hints
	return b, nil
}
