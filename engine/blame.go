package engine

import "context"

// Blamed is a value of an entity and the commit that brought it.
type Blamed struct {
	Datom
	Commit Commit
}

// Blame is what db shows of an entity, and who said it: of what came by a merge, the commit of the other branch
// that said it there first, by whatever id it has there. Of commits that GC has dropped only T and At are known.
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
		there, err := saidIn(ctx, db, other, d, namesOfMap(renumbering(c.Renumbered)))
		if err != nil || !there.Added {
			return c, err
		}
		db, d = other, there
	}
}

// saidIn finds a datom in the database that a merge brought, by the name of its attribute and what entities were called there; it is not Added when that has none.
func saidIn(ctx context.Context, db, other DB, d Datom, n names) (Datom, error) {
	a, ok := db.Schema().ByID(d.A)
	if !ok {
		return Datom{}, nil
	}
	b, ok := other.Schema().ByIdent(a.Ident)
	if !ok {
		return Datom{}, nil
	}
	e, ok := n.back(d.E)
	v, known := mappedValue(d.V, n.back)
	if !ok || !known {
		return Datom{}, nil
	}
	for same, err := range other.Match(ctx, Pattern{E: Some(e), A: Some(b.ID), V: Some(v)}) {
		return same, err
	}
	return Datom{}, nil
}
