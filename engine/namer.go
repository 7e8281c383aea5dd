package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// namer works out names, for many entities of one state after another. It
// remembers what many of them need.
type namer struct {
	s     *state
	news  *naming // knows what is new in s; may be nil
	homes map[ID]homeAt
	times map[uint64]int64

	now, was []Datom // of the entity at hand
	text     []byte
}

// homeAt is a home and the newest t at which an identity of the entity changed.
type homeAt struct {
	Home
	since uint64
}

func newNamer(s *state, news *naming) *namer {
	return &namer{s: s, news: news, homes: map[ID]homeAt{}, times: map[uint64]int64{}}
}

// isNamed tells whether e can have an entry at all.
func (s *state) isNamed(e ID) bool {
	_, isTx := TxOf(e)
	return !isTx && !s.isAttribute(e)
}

func (s *state) isAttribute(e ID) bool {
	_, ok := s.schema.ByID(e)
	return ok
}

// homeOf is where e lives. Attributes, transactions and what has no identity live under their id.
func (n *namer) homeOf(ctx context.Context, e ID) (homeAt, error) {
	if n.news != nil {
		if h, ok := n.news.homes[e]; ok {
			return h, nil
		}
	}
	if h, ok := n.homes[e]; ok {
		return h, nil
	}
	h, err := n.s.homeOf(ctx, e)
	if err == nil {
		n.homes[e] = h
	}
	return h, err
}

func (s *state) homeOf(ctx context.Context, e ID) (homeAt, error) {
	h := homeAt{Home: idHome(e)}
	if len(s.ids) == 0 || !s.isNamed(e) {
		return h, nil
	}
	if s.foreign != nil {
		return s.foreignHome(ctx, e)
	}
	first, last := s.ids[0].attr.ID, s.ids[len(s.ids)-1].attr.ID
	lo := datomPrefix(e, first)
	hi := prefixEnd(datomPrefix(e, last))
	now, err := collect(ctx, nil, s.trees.eavt.now, lo, hi)
	if err != nil {
		return h, err
	}
	was, err := collect(ctx, nil, s.trees.eavt.was, lo, hi)
	if err != nil {
		return h, err
	}
	return s.homeBy(e, now, was), nil
}

// homeBy is where e lives by the datoms there are and were; those of other attributes than identities may be among them.
func (s *state) homeBy(e ID, now, was []Datom) homeAt {
	h, named := homeAt{Home: idHome(e)}, false
	for i := range now {
		id, ok := s.ids.find(now[i].A)
		if ok && !named {
			h.Home, named = id.home(now[i].V), true
		}
		if ok {
			h.since = max(h.since, now[i].T)
		}
	}
	for i := range was {
		if _, ok := s.ids.find(was[i].A); ok {
			h.since = max(h.since, was[i].T)
		}
	}
	return h
}

// entry is the name of e; ok is false when it has none.
func (n *namer) entry(ctx context.Context, e ID) (home Home, entry nameEntry, ok bool, err error) {
	if !n.s.isNamed(e) {
		return idHome(e), nameEntry{}, false, nil
	}
	h, err := n.homeOf(ctx, e)
	if err != nil {
		return Home{}, nameEntry{}, false, err
	}
	entry, ok, err = n.digest(ctx, e)
	return h.Home, entry, ok, err
}

// digest sums up all that the directory of e shows; ok is false when e has no datoms.
func (n *namer) digest(ctx context.Context, e ID) (entry nameEntry, ok bool, err error) {
	if err := n.load(ctx, e); err != nil || len(n.now) == 0 {
		return nameEntry{}, false, err
	}
	n.text = appendUint(n.text[:0], uint64(e))
	newest := uint64(0)
	was := n.was
	for now := n.now; len(now) > 0; {
		a, k := now[0].A, 1
		for k < len(now) && now[k].A == a {
			k++
		}
		for len(was) > 0 && compareAttrs(was[0].A, a) < 0 {
			newest = max(newest, was[0].T)
			was = was[1:]
		}
		changed := uint64(0)
		for len(was) > 0 && was[0].A == a {
			changed = max(changed, was[0].T)
			was = was[1:]
		}
		if changed, err = n.addAttribute(ctx, now[:k], changed); err != nil {
			return nameEntry{}, false, err
		}
		newest = max(newest, changed)
		now = now[k:]
	}
	for i := range was {
		newest = max(newest, was[i].T)
	}
	ms, err := n.millis(ctx, newest)
	if err != nil {
		return nameEntry{}, false, err
	}
	n.text = appendInt(n.text, ms)
	sum := sha256.Sum256(n.text)
	return nameEntry{id: e, newest: newest, digest: binary.BigEndian.Uint64(sum[:])}, true, nil
}

// load reads the datoms of e and what they replaced.
func (n *namer) load(ctx context.Context, e ID) (err error) {
	if n.news != nil && n.news.isNew(e) {
		n.now, n.was = n.news.load(e, n.now[:0])
		return nil
	}
	if n.now, err = n.s.collectEntity(ctx, n.now[:0], e, Current); err != nil {
		return err
	}
	n.was, err = n.s.collectEntity(ctx, nil, e, Over)
	return err
}

// addAttribute adds the values of one attribute to the text that is digested:
// what its file is called, what it shows, and the times. changed is the newest t of
// the values it had before; the result is the newest that shows.
func (n *namer) addAttribute(ctx context.Context, values []Datom, changed uint64) (uint64, error) {
	ident, many := strconv.FormatUint(uint64(values[0].A), 10), byte(0)
	if a, ok := n.s.schema.ByID(values[0].A); ok {
		ident = a.Ident
		if a.Many {
			many = 1
		}
	}
	n.text = append(appendString(n.text, ident), many)
	n.text = appendUint(n.text, uint64(len(values)))
	for i := range values {
		d := &values[i]
		changed = max(changed, d.T)
		ms, err := n.millis(ctx, d.T)
		if err != nil {
			return 0, err
		}
		n.text = appendInt(n.text, ms)
		if d.V.kind != RefKind {
			n.text = appendValue(n.text, d.V)
			continue
		}
		since, err := n.addRef(ctx, d.V.Ref())
		if err != nil {
			return 0, err
		}
		changed = max(changed, since)
	}
	ms, err := n.millis(ctx, changed)
	n.text = appendInt(n.text, ms)
	return changed, err
}

// addRef adds where the target of a ref lives, and the time since when.
func (n *namer) addRef(ctx context.Context, target ID) (since uint64, err error) {
	h, err := n.homeOf(ctx, target)
	if err != nil {
		return 0, err
	}
	ms, err := n.millis(ctx, h.since)
	n.text = appendString(append(n.text, tagRef), h.String())
	n.text = appendInt(n.text, ms)
	return h.since, err
}

// millis is the time of transaction t, 0 where it has none.
func (n *namer) millis(ctx context.Context, t uint64) (int64, error) {
	if ms, ok := n.times[t]; ok || t == 0 {
		return ms, nil
	}
	ms, _, err := n.s.instant(ctx, t)
	if err == nil {
		n.times[t] = ms
	}
	return ms, err
}

// instant is the :db/txInstant of transaction t.
func (s *state) instant(ctx context.Context, t uint64) (ms int64, ok bool, err error) {
	if s.foreign != nil {
		return s.foreignInstant(ctx, t)
	}
	at, ok := s.trees.attr(attrTxInstant)
	if !ok {
		return 0, false, nil
	}
	lo := appendUint(nil, uint64(TxID(t)))
	found, err := collect(ctx, nil, at.aevt.now, lo, prefixEnd(lo))
	if err != nil || len(found) == 0 {
		return 0, false, err
	}
	return found[0].V.Millis(), true, nil
}
