package fs

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// commitEDN is .commit.edn: what the commit's block says.
func (c *commit) commitEDN(context.Context) ([]byte, error) {
	var parents []edn.Value
	for _, p := range c.info.Parents {
		parents = append(parents, cidForm(p))
	}
	pairs := []edn.Value{
		edn.MakeKeyword("commit"), cidForm(c.info.ID),
		edn.MakeKeyword("parents"), edn.MakeVector(parents...),
		edn.MakeKeyword("t"), edn.MakeInt(int64(c.info.T)),
		edn.MakeKeyword("at"), edn.MakeInst(c.info.At.UnixMilli()),
		edn.MakeKeyword("by"), edn.MakeString(c.info.By),
		edn.MakeKeyword("msg"), edn.MakeString(c.info.Msg),
		edn.MakeKeyword("root"), cidForm(c.info.Root),
		edn.MakeKeyword("base"), cidForm(c.info.Base),
		edn.MakeKeyword("tail"), edn.MakeInt(int64(c.info.Tail)),
		edn.MakeKeyword("tx"), cidForm(c.info.Tx),
	}
	if c.info.Purged > 0 {
		pairs = append(pairs, edn.MakeKeyword("purged"), edn.MakeInt(int64(c.info.Purged)))
	}
	form := edn.MakeMap(pairs...)
	return append(edn.AppendPretty(nil, form, ednWidth), '\n'), nil
}

// cidForm is a CID as a string, nil where there is none.
func cidForm(id cid.Cid) edn.Value {
	if !id.Defined() {
		return edn.MakeNil()
	}
	return edn.MakeString(id.String())
}

// tx is what the commit's transaction did; the first commit has none.
func (c *commit) tx(ctx context.Context) (engine.TxRecord, error) {
	if !c.info.Tx.Defined() {
		return engine.TxRecord{}, nil
	}
	return engine.ReadTx(ctx, c.of.blocks, c.info)
}

// changesTSV is .changes.tsv: what the commit's transaction added and retracted. As in diff/, what was retracted
// is shown as the commit before names it: a whole entity that went has no name any more.
func (c *commit) changesTSV(ctx context.Context) ([]byte, error) {
	tx, err := c.tx(ctx)
	if err != nil {
		return nil, err
	}
	out := appendRow(nil, changeColumns...)
	var before *commit
	for _, d := range tx.Datoms {
		side := c
		if !d.Added && len(c.info.Parents) > 0 {
			if before == nil {
				if before, err = c.of.commit(ctx, c.info.Parents[0]); err != nil {
					return nil, err
				}
			}
			side = before
		}
		if out, err = side.appendChange(ctx, out, d); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// changeColumns are the columns of tables of changes.
var changeColumns = []string{"op", "entity", "attribute", "value"}

// appendChange adds a line: the entity is shown as its path, as refs are.
func (c *commit) appendChange(ctx context.Context, out []byte, d engine.Datom) ([]byte, error) {
	home, _, err := c.db.HomeOf(ctx, d.E)
	if err != nil {
		return nil, err
	}
	text, err := c.cell(ctx, d.V)
	if err != nil {
		return nil, err
	}
	return appendRow(out, opName(d.Added), home.String(), c.attrName(d.A), text), nil
}

// changesEDN is .changes.edn: the same as tx data.
func (c *commit) changesEDN(ctx context.Context) ([]byte, error) {
	tx, err := c.tx(ctx)
	if err != nil {
		return nil, err
	}
	return c.txData(ctx, tx.Datoms)
}

// txData writes datoms as [:db/add …] and [:db/retract …], one a line.
func (c *commit) txData(ctx context.Context, datoms []engine.Datom) ([]byte, error) {
	out := []byte("[")
	for i, d := range datoms {
		v, err := c.db.Resolve(ctx, d.V)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, "\n "...)
		}
		out = edn.Append(out, edn.MakeVector(edn.MakeKeyword("db/"+opName(d.Added)),
			edn.MakeInt(int64(d.E)), c.attrForm(d.A), engine.ToEDN(v)))
	}
	return append(out, "]\n"...), nil
}

// attrForm is an attribute in tx data.
func (c *commit) attrForm(id engine.ID) edn.Value {
	if a, ok := c.db.Schema().ByID(id); ok {
		return edn.MakeKeyword(a.Ident)
	}
	return edn.MakeInt(int64(id))
}

// datomsEDN is .datoms.edn: every datom as [e a v t true], one a line.
func (c *commit) datomsEDN(ctx context.Context) ([]byte, error) {
	out := []byte("[")
	for d, err := range c.db.Datoms(ctx, engine.EAVT, engine.Pattern{}) {
		if err != nil {
			return nil, err
		}
		v, err := c.db.Resolve(ctx, d.V)
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, "\n "...)
		}
		out = edn.Append(out, edn.MakeVector(edn.MakeInt(int64(d.E)), c.attrForm(d.A), engine.ToEDN(v),
			edn.MakeInt(int64(d.T)), edn.MakeBool(true)))
	}
	return append(out, "]\n"...), nil
}

// schemaEDN is .schema.edn: tx data that installs the same schema elsewhere.
func (c *commit) schemaEDN(ctx context.Context) ([]byte, error) {
	out := []byte("[")
	for a := range c.db.Schema().Attributes() {
		facts, err := c.facts(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		var pairs []edn.Value
		for _, f := range facts {
			form, err := c.factForm(ctx, f, c.identForm)
			if err != nil {
				return nil, fmt.Errorf("attribute :%s: %w", a.Ident, err)
			}
			pairs = append(pairs, edn.MakeKeyword(f.attr.Ident), form)
		}
		if len(out) > 1 {
			out = append(out, "\n "...)
		}
		out = edn.Append(out, edn.MakeMap(pairs...))
	}
	return append(out, "]\n"...), nil
}

// identForm is a ref between attributes by ident, so that it holds elsewhere too.
func (c *commit) identForm(ctx context.Context, _ *commit, id engine.ID) (edn.Value, error) {
	if a, ok := c.db.Schema().ByID(id); ok {
		return edn.MakeKeyword(a.Ident), nil
	}
	return refForm(ctx, c, id)
}
