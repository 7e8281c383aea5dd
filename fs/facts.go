package fs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// fact is one attribute of one entity: what an attribute file shows.
type fact struct {
	attr   *engine.Attribute
	values []engine.Value // in value order; large ones may live out of line; must not be changed
	ts     []uint64       // of each value; must not be changed
}

// facts are what is known of the entity, by rising attribute id.
func (c *commit) facts(ctx context.Context, id engine.ID) ([]fact, error) {
	return c.read(ctx, engine.Pattern{E: engine.Some(id)})
}

// fact is one attribute of the entity; ok is false when it has none.
func (c *commit) fact(ctx context.Context, id engine.ID, a *engine.Attribute) (f fact, ok bool, err error) {
	all, err := c.read(ctx, engine.Pattern{E: engine.Some(id), A: engine.Some(a.ID)})
	if err != nil || len(all) == 0 {
		return fact{}, false, err
	}
	return all[0], true, nil
}

// read groups the datoms of one entity by attribute.
func (c *commit) read(ctx context.Context, p engine.Pattern) ([]fact, error) {
	var all []fact
	for batch, err := range c.db.StoredColumns(ctx, p) {
		if err != nil {
			return nil, fmt.Errorf("entity %d: %w", p.E.Val, err)
		}
		if all == nil {
			all = make([]fact, 0, len(batch.V))
		}
		for lo, hi := 0, 0; lo < len(batch.V); lo = hi {
			a := p.A.Val
			if batch.A != nil {
				a = batch.A[lo]
			}
			hi = lo + 1
			for hi < len(batch.V) && (batch.A == nil || batch.A[hi] == a) {
				hi++
			}
			// The columns belong to the tree: an append to what is cut like this copies.
			values, ts := batch.V[lo:hi:hi], batch.T[lo:hi:hi]
			if n := len(all); n > 0 && all[n-1].attr.ID == a {
				all[n-1].values, all[n-1].ts = append(all[n-1].values, values...), append(all[n-1].ts, ts...)
				continue
			}
			attr, ok := c.db.Schema().ByID(a)
			if !ok {
				return nil, fmt.Errorf("entity %d: attribute %d is not in the schema", p.E.Val, a)
			}
			all = append(all, fact{attr, values, ts})
		}
	}
	return all, nil
}

// text is a value as files show it: a ref as the path of its target below
// entities/. newer is the t at which that path last changed, 0 for other values.
func (c *commit) text(ctx context.Context, v engine.Value) (text string, newer uint64, err error) {
	if v.Kind() == engine.RefKind {
		home, t, err := c.db.HomeOf(ctx, v.Ref())
		return home.String(), t, err
	}
	v, err = c.db.Resolve(ctx, v)
	return engine.Text(v), 0, err
}

// cell is a value as tables show it: bytes, which would break them, in hexadecimal digits.
func (c *commit) cell(ctx context.Context, v engine.Value) (string, error) {
	text, _, err := c.text(ctx, v)
	if v.Kind() == engine.BytesKind {
		text = hex.EncodeToString([]byte(text))
	}
	return text, err
}

// cells is all values of one attribute in one cell, each on a line of its own.
func (c *commit) cells(ctx context.Context, f fact) (string, error) {
	lines := make([]string, len(f.values))
	for i, v := range f.values {
		text, err := c.cell(ctx, v)
		if err != nil {
			return "", err
		}
		if f.attr.Many {
			text = lineEscaper.Replace(text)
		}
		lines[i] = text
	}
	return strings.Join(lines, "\n"), nil
}

// appendContent appends the whole text of an attribute file: one value and a newline, or
// with cardinality many a line for each. Bytes are raw. newest is the t of the
// newest change that it shows.
func (c *commit) appendContent(ctx context.Context, out []byte, f fact) (_ []byte, newest uint64, err error) {
	for i, v := range f.values {
		text, newer, err := c.text(ctx, v)
		if err != nil {
			return nil, 0, fmt.Errorf(":%s: %w", f.attr.Ident, err)
		}
		newest = max(newest, f.ts[i], newer)
		switch {
		case f.attr.Many:
			out = append(append(out, lineEscaper.Replace(text)...), '\n')
		case v.Kind() == engine.BytesKind:
			out = append(out, text...)
		default:
			out = append(append(out, text...), '\n')
		}
	}
	return out, newest, nil
}

// content is the whole text of an attribute file.
func (c *commit) content(ctx context.Context, f fact) ([]byte, error) {
	var data []byte
	err := c.withContent(ctx, f, 0, func(all []byte, _ uint64) error {
		data = bytes.Clone(all)
		return nil
	})
	return data, err
}

// contents are buffers for what files show.
var contents = sync.Pool{New: func() any { return new([]byte) }}

// withContent calls use with room bytes and the whole text of an attribute file, which are only lent.
func (c *commit) withContent(ctx context.Context, f fact, room int, use func(all []byte, newest uint64) error) error {
	buf := contents.Get().(*[]byte)
	all, newest, err := c.appendContent(ctx, slices.Grow((*buf)[:0], room)[:room], f)
	if err == nil {
		err = use(all, newest)
	}
	if cap(all) <= maxKeptBytes {
		*buf = all[:0]
	}
	contents.Put(buf)
	return err
}

// attrFile is the file of one attribute of one entity.
type attrFile struct {
	c     *commit
	id    engine.ID // of the entity
	f     fact
	shown atomic.Pointer[shown] // nil until it is rendered
}

// shown is what stat and read tell of a file.
type shown struct {
	stat Stat
	data []byte // nil where it is one value, which is at hand
}

// show renders a file, and keeps what is small.
func (a *attrFile) show(ctx context.Context) (*shown, error) {
	if s := a.shown.Load(); s != nil {
		return s, nil
	}
	var s shown
	err := a.c.withContent(ctx, a.f, inodeHead, func(all []byte, newest uint64) error {
		at, err := a.c.instant(ctx, newest)
		if err != nil {
			return err
		}
		data := all[inodeHead:]
		s.stat = Stat{Mode: fileMode, Size: int64(len(data)), MTime: at, Ino: inodeOver(inoFile, at, all)}
		if !a.atHand() {
			s.data = bytes.Clone(data)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(s.data) <= maxKeptBytes {
		a.shown.Store(&s)
	}
	return &s, nil
}

// atHand tells that the content is made of the value alone, without asking anybody.
func (a *attrFile) atHand() bool {
	return !a.f.attr.Many && a.f.values[0].Kind() != engine.RefKind && !a.f.values[0].OutOfLine()
}

// data is the content of a file that is shown.
func (a *attrFile) data(ctx context.Context, s *shown) ([]byte, error) {
	if a.atHand() {
		return a.c.content(ctx, a.f)
	}
	return s.data, nil
}

func (a *attrFile) Stat(ctx context.Context) (Stat, error) {
	if a.large() {
		at, err := a.c.instant(ctx, a.f.ts[0])
		return a.statLarge(at), err
	}
	s, err := a.show(ctx)
	if err != nil {
		return Stat{}, err
	}
	return s.stat, nil
}

// newest is the t of the newest change that the file shows.
func (a *attrFile) newest(ctx context.Context) (newest uint64, err error) {
	if a.large() {
		return a.f.ts[0], nil
	}
	err = a.c.withContent(ctx, a.f, 0, func(_ []byte, t uint64) error {
		newest = t
		return nil
	})
	return newest, err
}

// large tells files that are one value in a block of its own: their size is
// known without reading it.
func (a *attrFile) large() bool { return !a.f.attr.Many && a.f.values[0].OutOfLine() }

func (a *attrFile) statLarge(at time.Time) Stat {
	v := a.f.values[0]
	size := v.Size()
	if v.Kind() != engine.BytesKind {
		size++
	}
	// The block's hash stands for the content; another type would show it differently.
	sum := sha256.Sum256(append(v.Link().Bytes(), byte(v.Kind())))
	return Stat{Mode: fileMode, Size: size, MTime: at, Ino: inodeOf(inoFile, at, sum[:])}
}

func (a *attrFile) Read(ctx context.Context) ([]byte, error) {
	if a.large() || a.c.db.IsForeign() { // without its time
		return a.c.made(fmt.Sprintf("#%d/%d", a.id, a.f.attr.ID), time.Time{}, func(ctx context.Context) ([]byte, error) {
			return a.c.content(ctx, a.f)
		}).Read(ctx)
	}
	s, err := a.show(ctx)
	if err != nil {
		return nil, err
	}
	return a.data(ctx, s)
}
