package main

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// printConflicts lists conflicts: with --format edn as the file that --resolve takes.
func (a *app) printConflicts(ctx context.Context, db engine.DB, all []engine.Conflict) error {
	if a.format == "edn" {
		for _, c := range all {
			if _, err := a.out.Write(append(edn.Append(nil, conflictForm(c)), '\n')); err != nil {
				return err
			}
		}
		return nil
	}
	t := newTable("conflict", "entity", "attribute", "base", "ours", "our author", "our t", "theirs", "their author", "their t")
	for _, c := range all {
		name, err := conflictEntity(ctx, db, c)
		if err != nil {
			return err
		}
		t.add(text(c.Kind), text(name), attrCell(c), valuesCell(c.Base), valuesCell(c.Ours), text(c.OursBy.By), number(c.OursBy.T),
			valuesCell(c.Theirs), text(c.TheirsBy.By), number(c.TheirsBy.T))
	}
	return a.write(t.result())
}

// conflictEntity is the home of the entity on the branch, or its id where it has none there.
func conflictEntity(ctx context.Context, db engine.DB, c engine.Conflict) (string, error) {
	home, _, err := db.HomeOf(ctx, c.Entity)
	if err != nil {
		return "", err
	}
	return home.Kind + "/" + home.Name, nil
}

func attrCell(c engine.Conflict) edn.Value {
	if c.Attr == "" {
		return edn.MakeNil()
	}
	return edn.MakeKeyword(c.Attr)
}

func valueForms(values []engine.Value) []edn.Value {
	forms := make([]edn.Value, len(values))
	for i, v := range values {
		forms[i] = engine.ToEDN(v)
	}
	return forms
}

// valuesCell is the only value itself, nil for none, else a vector.
func valuesCell(values []engine.Value) edn.Value {
	switch len(values) {
	case 0:
		return edn.MakeNil()
	case 1:
		return engine.ToEDN(values[0])
	}
	return edn.MakeVector(valueForms(values)...)
}

func conflictForm(c engine.Conflict) edn.Value {
	key := edn.MakeKeyword
	author := func(c engine.Commit) edn.Value {
		return edn.MakeVector(number(c.T), instant(c.At), text(c.By), text(c.Msg))
	}
	return edn.MakeMap(
		key("conflict"), key(c.Kind), key("entity"), number(c.Entity), key("attribute"), attrCell(c),
		key("base"), edn.MakeVector(valueForms(c.Base)...), key("ours"), edn.MakeVector(valueForms(c.Ours)...), key("theirs"), edn.MakeVector(valueForms(c.Theirs)...),
		key("ours-by"), author(c.OursBy), key("theirs-by"), author(c.TheirsBy),
	)
}

// chooser decides conflicts as the command line says.
type chooser struct {
	all    engine.Side
	schema *engine.Schema
	made   map[conflictKey]decision
}

// conflictKey tells conflicts apart.
type conflictKey struct {
	kind   string
	entity engine.ID
	attr   string
}

// decision is what a file says of a conflict.
type decision struct {
	choice engine.Choice
	used   bool
}

func (d *deciding) chooser(ctx context.Context, conn *engine.Conn) (*chooser, error) {
	c := &chooser{}
	switch {
	case d.ours && d.theirs, d.file != "" && (d.ours || d.theirs):
		return nil, usageError{"--ours, --theirs and --resolve: give one"}
	case d.ours:
		c.all = engine.TakeOurs
	case d.theirs:
		c.all = engine.TakeTheirs
	case d.file != "":
		db, err := conn.DB(ctx)
		if err != nil {
			return nil, err
		}
		c.schema = db.Schema()
		tx, err := readTx(d.file)
		if err != nil {
			return nil, err
		}
		return c, c.read(d.file, tx.Forms)
	}
	return c, nil
}

func (c *chooser) choose(conflict engine.Conflict) engine.Choice {
	key := conflictKey{conflict.Kind, conflict.Entity, conflict.Attr}
	if d, ok := c.made[key]; ok {
		d.used = true
		c.made[key] = d
		return d.choice
	}
	return engine.Choice{Take: c.all}
}

// unused is how many decisions of a file were about no conflict: it may have been made for another merge.
func (c *chooser) unused() (n int) {
	for _, d := range c.made {
		if !d.used {
			n++
		}
	}
	return n
}

// read takes the decisions of a file.
func (c *chooser) read(file string, forms []edn.Value) error {
	c.made = map[conflictKey]decision{}
	for _, f := range forms {
		key, d, err := c.decision(f)
		if err != nil {
			p := f.Pos()
			return fmt.Errorf("%s:%d:%d: %w", file, p.Line, p.Col, err)
		}
		if d.choice.Take != engine.Undecided {
			c.made[key] = d
		}
	}
	return nil
}

func (c *chooser) decision(f edn.Value) (conflictKey, decision, error) {
	var d decision
	if f.Kind() != edn.Map {
		return conflictKey{}, d, usageError{"want a map {:conflict … :entity … :attribute … :take :ours}"}
	}
	var key conflictKey
	var value *edn.Value
	items := f.Items()
	for i := 0; i < len(items); i += 2 {
		v := items[i+1]
		switch items[i].Text() {
		case "conflict":
			key.kind = v.Text()
		case "entity":
			key.entity = engine.ID(v.Int())
		case "attribute":
			key.attr = v.Text()
		case "take":
			switch v.Text() {
			case "ours":
				d.choice.Take = engine.TakeOurs
			case "theirs":
				d.choice.Take = engine.TakeTheirs
			default:
				return key, d, usageError{":take is :ours or :theirs"}
			}
		case "value":
			value = &v
		}
	}
	if value == nil {
		return key, d, nil
	}
	return key, d, c.value(key, &d.choice, *value)
}

// value reads what an attribute shall have instead of both; nil is nothing.
func (c *chooser) value(key conflictKey, choice *engine.Choice, form edn.Value) error {
	attr, ok := c.schema.ByIdent(key.attr)
	if !ok {
		return usageError{fmt.Sprintf("there is no attribute :%s on the branch: take one side", key.attr)}
	}
	choice.Take = engine.TakeValues
	if form.IsNil() {
		return nil
	}
	v, err := c.schema.FromEDN(attr, form)
	if err != nil {
		return err
	}
	choice.Values = []engine.Value{v}
	return nil
}
