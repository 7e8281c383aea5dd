package engine

import "context"

// Blamed is a value of an entity and the commit that brought it.
type Blamed struct {
	Datom
	Commit Commit
}

// Blame is what db shows of an entity, and who said it: of what came by a merge, the commit of the other branch
// that said it there first, as long as the merge left its entity the id. Of commits that GC has dropped only T and At are known.
func Blame(ctx context.Context, db DB, e ID) ([]Blamed, error) {
	var all []Blamed
	for d, err := range db.Match(ctx, Pattern{E: Some(e)}) {
		if err != nil {
			return nil, err
		}
		c, err := blamed(ctx, db, d)
		if err != nil {
			return nil, err
		}
		if d.V, err = db.Resolve(ctx, d.V); err != nil {
			return nil, err
		}
		all = append(all, Blamed{d, c})
	}
	return all, nil
}

func blamed(ctx context.Context, db DB, d Datom) (Commit, error) {
	for {
		c, err := db.CommitOf(ctx, d.T)
		if err != nil || len(c.Parents) < 2 {
			return c, err
		}
		other, err := Open(ctx, db.s.env, c.Parents[1])
		if err != nil {
			return c, err
		}
		there, err := saidIn(ctx, db, other, d)
		if err != nil || !there.Added {
			return c, err
		}
		db, d = other, there
	}
}

// saidIn finds a datom in another database, by the name of its attribute; it is not Added when that has none.
func saidIn(ctx context.Context, db, other DB, d Datom) (Datom, error) {
	a, ok := db.Schema().ByID(d.A)
	if !ok {
		return Datom{}, nil
	}
	b, ok := other.Schema().ByIdent(a.Ident)
	if !ok {
		return Datom{}, nil
	}
	for same, err := range other.Match(ctx, Pattern{E: Some(d.E), A: Some(b.ID), V: Some(d.V)}) {
		return same, err
	}
	return Datom{}, nil
}
