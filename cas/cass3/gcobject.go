package cass3

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// What a collector is doing.
const (
	gcIdle     = iota
	gcFencing  // it moves all refs to the next epoch and looks what they lead to: no transaction begins meanwhile
	gcRemoving // packs are garbage for everybody, and go
)

// gcState is what follows the format in the object "dhfs": how often garbage was removed, and which packs went the last time. It is the zero gcState until then, but for the ETag.
type gcState struct {
	etag   string
	token  token
	epoch  uint64
	phase  byte
	doomed []packID
	hidden hidden
	roll   roll
}

// settled is the epoch in which transactions may begin.
func (g *gcState) settled() uint64 {
	if g.phase == gcFencing {
		return g.epoch - 1
	}
	return g.epoch
}

// next is how the state goes on.
func (g *gcState) next(epoch uint64, phase byte, doomed []packID) *gcState {
	return &gcState{etag: g.etag, token: newToken(), epoch: epoch, phase: phase, doomed: doomed, hidden: g.hidden, roll: g.roll}
}

func (g *gcState) encode() []byte {
	dst := append(make([]byte, 0, 64+idSize*len(g.doomed)), formatText...)
	dst = append(dst, 0, 0, 0, 0)
	dst = append(dst, g.token[:]...)
	dst = binary.AppendUvarint(dst, g.epoch)
	dst = append(dst, g.phase)
	dst = binary.AppendUvarint(dst, uint64(len(g.doomed)))
	for _, id := range g.doomed {
		dst = append(dst, id[:]...)
	}
	if dst = g.hidden.appendTo(dst); g.roll.epoch > 0 {
		if len(g.hidden) == 0 {
			dst = append(dst, 0)
		}
		dst = append(binary.AppendUvarint(dst, g.roll.epoch), g.roll.id[:]...)
	}
	binary.LittleEndian.PutUint32(dst[len(formatText):], crc32.Checksum(dst[len(formatText)+4:], castagnoli))
	return dst
}

// parseGC reads the object "dhfs"; ok is false when that is of another version.
func parseGC(o object) (g *gcState, ok bool) {
	rest, ok := bytes.CutPrefix(o.data, []byte(formatText))
	if !ok || len(rest) == 0 {
		return &gcState{etag: o.etag}, ok
	}
	if len(rest) < 4 || binary.LittleEndian.Uint32(rest) != crc32.Checksum(rest[4:], castagnoli) {
		return nil, false
	}
	r := reader{data: rest[4:]}
	g = &gcState{etag: o.etag, token: token(r.id()), epoch: r.uvarint(), phase: r.byte()}
	for range r.count() {
		g.doomed = append(g.doomed, r.id())
	}
	if len(r.data) > 0 {
		g.hidden = r.hidden()
	}
	if len(r.data) > 0 {
		g.roll = roll{r.uvarint(), r.id()}
	}
	return g, !r.bad && len(r.data) == 0 && g.phase <= gcRemoving && g.epoch > 0
}

// readGC reads whether the store is of this version, and in which epoch it is.
func (s *Store) readGC(ctx context.Context) (*gcState, error) {
	got, err := s.client.get(ctx, formatKey, "")
	if err != nil {
		return nil, err
	}
	g, ok := parseGC(got)
	if !ok {
		return nil, fmt.Errorf("%s is of another version, or its object %s is damaged: it says %.40q, and this one reads %q", s.address, formatKey, got.data, formatText)
	}
	return g, nil
}

// errOvertaken says that another collector, or a writer that would not wait any longer, was first.
var errOvertaken = fmt.Errorf("the removal of garbage was overtaken: %w", cas.ErrConflict)

// publish puts next, which has the ETag of what is to be there, and reads back where it is not clear what happened. The error is errOvertaken when another state is there.
func (s *Store) publish(ctx context.Context, next *gcState) error {
	when, data := condition{match: next.etag}, next.encode()
	for try := 0; ; try++ {
		etag, err := s.client.put(ctx, formatKey, data, when)
		if err == nil {
			next.etag = etag
			return nil
		}
		if answered(err) {
			return err
		}
		if ctx.Err() != nil {
			return err // who called does not go on; what was published keeps nobody from anything for long
		}
		now, lookErr := s.readGC(ctx)
		switch {
		case lookErr != nil:
			return errors.Join(err, lookErr)
		case now.token == next.token:
			next.etag = now.etag
			return nil
		case now.etag != next.etag:
			return errOvertaken
		case try == 2:
			return err
		}
	}
}

const (
	// settlePause is how often it is looked whether a collector is done with the refs.
	settlePause = 20 * time.Millisecond
	// maxFencing is how long others wait for a collector that says nothing; then they stop it. It has removed nothing by then.
	maxFencing = 30 * time.Second
)

// settle learns in which epoch transactions may begin. While a collector moves the refs it waits, and stops a collector that has ended or stalled.
// No clock of two machines is compared.
func (s *Store) settle(ctx context.Context) (*gcState, error) {
	seen, since := "", time.Now()
	for {
		g, err := s.readGC(ctx)
		if err != nil {
			return nil, err
		}
		if g.phase != gcFencing {
			s.adopt(g)
			return g, nil
		}
		if g.etag != seen {
			seen, since = g.etag, time.Now()
		}
		if time.Since(since) > s.fencing {
			if err := s.publish(ctx, g.next(g.epoch, gcIdle, nil)); err != nil && !errors.Is(err, errOvertaken) {
				return nil, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the removal of garbage: %w", ctx.Err())
		case <-time.After(settlePause):
		}
	}
}

// adopt takes in what a collector says. In a new epoch nothing counts that was known of packs.
func (s *shared) adopt(g *gcState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := g.settled(); e > s.epoch {
		s.epoch = e
		s.number.Store(storeNumber.Add(1))
		s.packs, s.unlisted = nil, nil
		clear(s.byID)
		clear(s.replaced)
		clear(s.refs)
		clear(s.ahead)
	}
	if g.settled() >= s.epoch {
		s.hidden.Store(&g.hidden)
		s.roll = g.roll
	}
	if g.phase == gcRemoving {
		for _, id := range g.doomed {
			s.doomed[id] = true
			delete(s.byID, id)
		}
		s.packs = without(s.packs, s.doomed)
		s.unlisted = without(s.unlisted, s.doomed)
	}
}

// now is the epoch that is known here.
func (s *shared) now() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}
