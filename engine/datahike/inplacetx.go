package datahike

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/google/uuid"
)

// ForeignTx implements engine.Elsewhere.
func (p *InPlace) ForeignTx(ctx context.Context, c engine.Commit) ([]engine.Datom, error) {
	m, _, err := p.moment(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	st, err := p.step(ctx, m.commit)
	if err != nil {
		return nil, err
	}
	own, err := p.before(ctx, st)
	if err != nil {
		return nil, err
	}
	after := int64(FirstTx)
	if own != nil {
		after = own.MaxTx
	}
	list, err := Transactions(ctx, own, st.Commit, after)
	if err != nil || m.tx <= after {
		return nil, err
	}
	all, ok, err := p.said(ctx, own, st.Commit, list[m.tx-after-1].Datoms)
	if ok || err != nil {
		return all, err
	}
	made, at, err := p.convertedAt(ctx, m.commit, c.T)
	if err != nil {
		return nil, err
	}
	tx, err := engine.ReadTx(ctx, made, at)
	return tx.Datoms, err
}

// convertedAt is the commit of a transaction in the conversion.
func (p *InPlace) convertedAt(ctx context.Context, id uuid.UUID, t uint64) (made cas.RefStore, at engine.Commit, err error) {
	if p.converted == nil {
		return nil, at, fmt.Errorf("transaction %d of commit %s is not read in place: %w", t, id, errors.ErrUnsupported)
	}
	made, head, err := p.converted(ctx, id)
	if err == nil {
		at, err = engine.Ancestor(ctx, made, head, func(old engine.Commit) bool { return old.T <= t })
	}
	return made, at, err
}

// said are datoms in the words of the engine: in those of the newer commit, and of the older one where that one has no words any more.
// ok is false where neither has.
func (p *InPlace) said(ctx context.Context, older, newer *Commit, datoms []Datom) (all []engine.Datom, ok bool, err error) {
	var words [2]*lazy
	for i, c := range []*Commit{newer, older} {
		if c != nil {
			if _, words[i], _, err = c.lazyDB(ctx, nil); err != nil {
				return nil, false, err
			}
		}
	}
	if words[0] == nil {
		return nil, false, nil
	}
	for _, d := range datoms {
		x, shown, err := engine.Datom{}, false, errNoAttribute(fmt.Sprint(d.A))
		for _, l := range words {
			if l != nil && err != nil {
				x, shown, err = l.datom(d)
			}
		}
		if err != nil {
			return nil, true, p.src.damaged(toKey(newer.ID), "%v", err)
		}
		if shown {
			all = append(all, x)
		}
	}
	engine.SortDatoms(engine.EAVT, all)
	return all, true, nil
}
