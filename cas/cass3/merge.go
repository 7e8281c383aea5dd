package cass3

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// merge makes a pack of what is new and of the newest packs before it, as long as each is at most twice as large as all that is newer. So the
// packs that remain at least double in size from one to the next, and there are few. A pack that cannot be read stays as it is.
func (s *Store) merge(ctx context.Context, epoch uint64, fresh []*record, packs []packInfo) *built {
	records, have := fresh, make(map[cid.Cid]bool, len(fresh))
	size := int64(footSize)
	for _, r := range fresh {
		have[r.id] = true
		size += int64(r.bytes()) + entrySize
	}
	var replaces []packID
	for _, p := range packs {
		if p.size > 2*size || size+p.size > mergeMost {
			break
		}
		taken, err := s.records(ctx, p)
		if errors.Is(err, errNoKey) { // its blocks are in a pack of another ref
			s.vanish(p.id)
			continue
		}
		if err != nil {
			break
		}
		// Older blocks go in front: what is new may link to them.
		older := make([]*record, 0, len(taken)+len(records))
		for _, r := range taken {
			if !have[r.id] {
				have[r.id] = true
				older = append(older, r)
			}
		}
		records = append(older, records...)
		replaces = append(replaces, p.id)
		size += p.size
	}
	b := build(epoch, records, replaces, s.where)
	b.fresh = fresh
	return b
}

// records reads a small pack as a whole.
func (s *Store) records(ctx context.Context, p packInfo) ([]*record, error) {
	data, err := s.piece(ctx, p.id, 0, p.size)
	if err != nil {
		return nil, err
	}
	names, err := s.namesIn(p, data)
	if err != nil {
		return nil, err
	}
	var records []*record
	for off := len(packMagic); off < int(p.index()); {
		at := location{p.id, uint32(off), 0}
		r, whole, err := s.readRecord(names[at.off], at, data[off:p.index()])
		if err != nil {
			return nil, err
		}
		if !s.hides(at) {
			records = append(records, r)
		}
		off += whole
	}
	return records, nil
}

// namesIn is which block lies at which offset of a pack.
func (s *Store) namesIn(p packInfo, data []byte) (map[uint32]cid.Cid, error) {
	if !bytes.HasPrefix(data, []byte(packMagic)) {
		return nil, &cas.CorruptError{Path: s.path(location{pack: p.id}), Reason: "its beginning is not that of a pack"}
	}
	pieces().Set(pieceKey{s.number.Load(), p.id, uint32(p.index())}, data[p.index():p.index()+indexSize(p.entries)])
	items, err := s.indexPages(context.Background(), p, 0, pages(p.entries)) // which are there
	if err != nil {
		return nil, err
	}
	names := make(map[uint32]cid.Cid, p.entries)
	for ; len(items) >= entrySize; items = items[entrySize:] {
		id, err := cidOf([32]byte(items), uint64(binary.BigEndian.Uint32(items[32:])))
		if err != nil {
			return nil, err
		}
		names[binary.LittleEndian.Uint32(items[36:])] = id
	}
	return names, nil
}

// readRecord checks a record and keeps it as it is stored.
func (s *Store) readRecord(id cid.Cid, at location, data []byte) (*record, int, error) {
	p, whole, err := splitRecord(data, at.pack)
	if err != nil {
		return nil, 0, &cas.CorruptError{CID: id, Path: s.path(at), Reason: err.Error()}
	}
	b, err := s.open(id, at, data[:whole])
	if err != nil {
		return nil, 0, err
	}
	links, err := distinctLinks(b)
	if err != nil {
		return nil, 0, fmt.Errorf("block %s: %w", id, err)
	}
	return &record{id: id, form: p.form, stored: p.stored, size: len(b.Data()), links: links}, whole, nil
}
