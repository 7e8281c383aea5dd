package fs

import (
	"context"
	"strconv"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// Widest line of the EDN that people may look at.
const ednWidth = 100

// timeLayout is how times are written everywhere: RFC 3339, UTC, milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// edn is .edn of an entity: a map that is tx data for the same facts. Refs are {:db/id n}.
func (d entityDir) edn(ctx context.Context) ([]byte, error) {
	facts, err := d.c.facts(ctx, d.id)
	if err != nil {
		return nil, err
	}
	form, err := d.c.entityForm(ctx, d.id, facts)
	return append(edn.AppendPretty(nil, form, ednWidth), '\n'), err
}

// entityForm is an entity as an EDN map.
func (c *commit) entityForm(ctx context.Context, id engine.ID, facts []fact) (edn.Value, error) {
	pairs := []edn.Value{edn.MakeKeyword("db/id"), edn.MakeInt(int64(id))}
	for _, f := range facts {
		form, err := c.factForm(ctx, f, refForm)
		if err != nil {
			return edn.Value{}, err
		}
		pairs = append(pairs, edn.MakeKeyword(f.attr.Ident), form)
	}
	return edn.MakeMap(pairs...), nil
}

// factForm is the values of one attribute: a vector with cardinality many.
func (c *commit) factForm(ctx context.Context, f fact, ref func(context.Context, *commit, engine.ID) (edn.Value, error)) (edn.Value, error) {
	forms := make([]edn.Value, len(f.values))
	for i, v := range f.values {
		var err error
		if v.Kind() == engine.RefKind {
			forms[i], err = ref(ctx, c, v.Ref())
		} else if v, err = c.db.Resolve(ctx, v); err == nil {
			forms[i] = engine.ToEDN(v)
		}
		if err != nil {
			return edn.Value{}, err
		}
	}
	if f.attr.Many {
		return edn.MakeVector(forms...), nil
	}
	return forms[0], nil
}

func refForm(_ context.Context, _ *commit, id engine.ID) (edn.Value, error) {
	return edn.MakeMap(edn.MakeKeyword("db/id"), edn.MakeInt(int64(id))), nil
}

// refPath is a ref as the path that files show.
func refPath(ctx context.Context, c *commit, id engine.ID) (edn.Value, error) {
	home, _, err := c.db.HomeOf(ctx, id)
	return edn.MakeString(home.String()), err
}

// json is .json of an entity: an object by attribute; refs are paths below entities/.
func (d entityDir) json(ctx context.Context) ([]byte, error) {
	facts, err := d.c.facts(ctx, d.id)
	if err != nil {
		return nil, err
	}
	name, err := d.entry(ctx)
	if err != nil {
		return nil, err
	}
	form, err := d.c.jsonForm(ctx, name, facts)
	return append(edn.AppendJSON(nil, form), '\n'), err
}

func (c *commit) jsonForm(ctx context.Context, name engine.Name, facts []fact) (edn.Value, error) {
	pairs := []edn.Value{
		edn.MakeKeyword("db/id"), edn.MakeInt(int64(name.ID)),
		edn.MakeKeyword("entity"), edn.MakeString(name.Home.String()),
	}
	for _, f := range facts {
		form, err := c.factForm(ctx, f, refPath)
		if err != nil {
			return edn.Value{}, err
		}
		pairs = append(pairs, edn.MakeKeyword(f.attr.Ident), form)
	}
	return edn.MakeMap(pairs...), nil
}

// log is .log of an entity: every change, oldest first; within a transaction
// what was retracted comes before what was added.
func (d entityDir) log(ctx context.Context) ([]byte, error) {
	all, err := engine.EntityLog(ctx, d.c.db, d.id)
	if err != nil {
		return nil, err
	}
	out := appendRow(nil, "time", "t", "op", "attribute", "value", "author")
	for _, datom := range all {
		at, err := d.c.instant(ctx, datom.T)
		if err != nil {
			return nil, err
		}
		by, err := d.c.author(ctx, datom.T)
		if err != nil {
			return nil, err
		}
		text, err := d.c.cell(ctx, datom.V)
		if err != nil {
			return nil, err
		}
		out = appendRow(out, at.UTC().Format(timeLayout), strconv.FormatUint(datom.T, 10),
			opName(datom.Added), d.c.attrName(datom.A), text, by)
	}
	return out, nil
}

// opName is how tables name what was done to a fact.
func opName(added bool) string {
	if added {
		return "add"
	}
	return "retract"
}

// attrName is an attribute as tables show it.
func (c *commit) attrName(id engine.ID) string {
	if a, ok := c.db.Schema().ByID(id); ok {
		return ":" + a.Ident
	}
	return strconv.FormatUint(uint64(id), 10)
}
