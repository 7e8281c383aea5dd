package engine

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// EntityAt is Lookup without the digest, and where the entity really lives: of a Foreign that is much less to read.
func (db DB) EntityAt(ctx context.Context, h Home) (id ID, lives Home, ok bool, err error) {
	if db.s.foreign == nil {
		n, ok, err := db.Lookup(ctx, h)
		return n.ID, n.Home, ok, err
	}
	if h.Kind == noKind {
		id, ok = idOfHome(h)
	}
	for _, i := range db.s.ids {
		if i.kind == h.Kind && !ok && err == nil {
			id, ok, err = db.named(ctx, i, h)
		}
	}
	if err != nil || !ok {
		return 0, h, false, err
	}
	now, err := db.s.collectEntity(ctx, nil, id, Current)
	lives = db.s.homeBy(id, now, nil).Home
	return id, lives, err == nil && len(now) > 0 && (h.Kind == noKind || lives == h), err
}

// idOfHome is the number that a name under "_" is.
func idOfHome(h Home) (ID, bool) {
	id, err := strconv.ParseUint(h.Name, 10, 63)
	return ID(id), err == nil && idHome(ID(id)) == h
}

// named is the entity that would live at h by the identity i, if it has none before it.
func (db DB) named(ctx context.Context, i identity, h Home) (ID, bool, error) {
	text, whole := i.textOf(h.Name)
	v, known := valueOfText(i.attr.Type, text)
	if whole && known && i.home(v) == h {
		return db.entidForeign(ctx, i.attr.ID, v)
	}
	if known && !strings.Contains(h.Name, "~") {
		return 0, false, nil
	}
	for d, err := range db.Match(ctx, Pattern{A: Some(i.attr.ID)}) {
		if err != nil {
			return 0, false, err
		}
		if i.home(d.V) == h {
			return d.E, true, nil
		}
	}
	return 0, false, nil
}

// textOf is the text of the value that a name was made of, where it was not cut.
func (i identity) textOf(name string) (string, bool) {
	if i.named {
		_, attr := splitIdent(i.attr.Ident)
		rest, ok := strings.CutPrefix(name, escapeEquals(escape(attr, false))+"=")
		if !ok {
			return "", false
		}
		name = rest
	}
	return unescape(name)
}

// valueOfText is the value of a kind that Text shows like this; known is false for kinds whose text is not read here.
func valueOfText(k Kind, text string) (v Value, known bool) {
	switch k {
	case StringKind, URIKind, SymbolKind:
		return Value{kind: k, str: text}, true
	case KeywordKind:
		return Keyword(strings.TrimPrefix(text, ":")), true
	case LongKind:
		n, _ := strconv.ParseInt(text, 10, 64)
		return Long(n), true // of other text the home is another
	case UUIDKind:
		u, _ := uuid.Parse(text)
		return UUID(u), true
	}
	return Value{}, false
}

// foreignHome is where an entity lives, which all of its datoms tell.
func (s *state) foreignHome(ctx context.Context, e ID) (homeAt, error) {
	now, err := s.collectEntity(ctx, nil, e, Current)
	if err != nil {
		return homeAt{}, err
	}
	was, err := s.collectEntity(ctx, nil, e, Over)
	if err != nil {
		return homeAt{}, err
	}
	return s.homeBy(e, now, was), nil
}

// foreignInstant is the time of transaction t as its entity tells it, or else its commit.
func (s *state) foreignInstant(ctx context.Context, t uint64) (ms int64, ok bool, err error) {
	all, err := s.collectEntity(ctx, nil, TxID(t), Current)
	for _, d := range all {
		if d.A == attrTxInstant {
			return d.V.Millis(), true, err
		}
	}
	if err != nil || t > s.t || !s.commit.foreign {
		return 0, false, err
	}
	c, err := Ancestor(ctx, s.env, s.commit.ID, func(c Commit) bool { return c.T <= t })
	return c.At.UnixMilli(), err == nil, err
}
