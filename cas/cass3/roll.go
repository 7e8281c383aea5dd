package cass3

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/dhfs/dhfs/cas"
)

// A writer that began before garbage was removed may store its pack long after that. Its ref does not move any more, but the pack is there, and whoever finds a
// block in it would take it to have all that it links to, of which something was garbage and is gone. So a pack says in which epoch its writer began, and a collector
// lists the packs that it has looked through: an older one that is not on this roll is not there for anybody but the next collector.

const rollMagic = "dhfs s3 roll 1\n\x00"

// roll names the list of the epoch in which packs were removed last; the zero roll says that none were.
type roll struct {
	epoch uint64
	id    packID
}

func (r roll) key() string { return "rolls/" + r.id.String() }

// rolled is a roll that was read.
type rolled struct {
	roll
	packs map[packID]bool
}

// counts tells whether what lies in a pack has all that it links to.
func (r *rolled) counts(p packInfo) bool {
	return p.begun == 0 || p.begun > r.epoch || r.packs[p.id]
}

func encodeRoll(packs []packInfo, gone []packID) []byte {
	left := make(map[packID]bool, len(gone))
	for _, id := range gone {
		left[id] = true
	}
	dst := append(make([]byte, 0, len(rollMagic)+4+idSize*len(packs)), rollMagic...)
	dst = append(dst, 0, 0, 0, 0)
	for _, p := range packs {
		if !left[p.id] {
			dst = append(dst, p.id[:]...)
		}
	}
	binary.LittleEndian.PutUint32(dst[len(rollMagic):], crc32.Checksum(dst[len(rollMagic)+4:], castagnoli))
	return dst
}

func parseRoll(data []byte) (packs map[packID]bool, ok bool) {
	rest, ok := bytes.CutPrefix(data, []byte(rollMagic))
	if !ok || len(rest) < 4 || (len(rest)-4)%idSize != 0 || binary.LittleEndian.Uint32(rest) != crc32.Checksum(rest[4:], castagnoli) {
		return nil, false
	}
	packs = map[packID]bool{}
	for r := (reader{data: rest[4:]}); len(r.data) > 0; {
		packs[r.id()] = true
	}
	return packs, true
}

// readRoll is the roll of the epoch that is known here. Who finds that it is gone learns of the next epoch.
func (s *Store) readRoll(ctx context.Context) (*rolled, error) {
	s.rollMu.Lock()
	defer s.rollMu.Unlock()
	for {
		now := s.rollNow()
		if known := s.rolled.Load(); known != nil && known.roll == now || now.epoch == 0 {
			return known, nil
		}
		got, err := s.client.get(ctx, now.key(), "")
		fault := ""
		switch {
		case errors.Is(err, errNoKey):
			if _, err := s.settle(ctx); err != nil {
				return nil, err
			}
			if s.rollNow() != now {
				continue
			}
			fault = "it is missing"
		case err != nil:
			return nil, fmt.Errorf("roll of packs: %w", err)
		}
		packs, ok := parseRoll(got.data)
		if !ok {
			if fault == "" {
				fault = "it is no list of packs, or damaged"
			}
			return nil, &cas.CorruptError{Path: "s3://" + s.bucket + "/" + s.prefix + now.key(), Reason: fault}
		}
		s.rolled.Store(&rolled{now, packs})
	}
}

func (s *shared) rollNow() roll {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roll
}

// counts tells whether a pack was seen when garbage was removed last, or its writer began afterwards.
func (s *Store) counts(ctx context.Context, p packInfo) (bool, error) {
	if p.begun == 0 || p.begun > s.rollNow().epoch {
		return true, nil
	}
	r, err := s.readRoll(ctx)
	if err != nil {
		return false, err
	}
	return r == nil || r.counts(p), nil
}
