package logic

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Destructure takes a value apart: one row of values for vars, the variables of
// the binding in their order, for every way to bind them. An empty collection gives no
// row. A variable that stands twice must get equal values. allow refuses too many rows.
func Destructure(b lang.Binding, v edn.Value, vars []lang.Var, allow func(rows int) error) ([][]edn.Value, error) {
	d := destructurer{vars: vars, known: make([]bool, len(vars)), allow: allow}
	return d.bind([][]edn.Value{make([]edn.Value, len(vars))}, b, v)
}

// destructurer binds variables one after another. All rows have values for the same ones.
type destructurer struct {
	vars  []lang.Var
	known []bool
	allow func(rows int) error
}

// bind extends each row by what the value binds.
func (d *destructurer) bind(rows [][]edn.Value, b lang.Binding, v edn.Value) ([][]edn.Value, error) {
	switch b.Kind {
	case lang.BindVar:
		return d.bindVar(rows, b.Var, v), nil
	case lang.BindCollection:
		return d.bindCollection(rows, b, v)
	case lang.BindTuple:
		return d.bindTuple(rows, b, v)
	}
	return rows, nil
}

func (d *destructurer) bindCollection(rows [][]edn.Value, b lang.Binding, v edn.Value) ([][]edn.Value, error) {
	items, ok := fn.Elements(v)
	if !ok || v.Kind() == edn.String {
		return nil, lang.Refuse(lang.BadInput, b.Pos, "%s wants a collection, not %v", b.Text, v)
	}
	var all [][]edn.Value
	before := slices.Clone(d.known)
	for _, item := range items {
		copy(d.known, before)
		more, err := d.bind(rows, b.Items[0], item)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
		if err := d.allow(len(all)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (d *destructurer) bindTuple(rows [][]edn.Value, b lang.Binding, v edn.Value) ([][]edn.Value, error) {
	if k := v.Kind(); k != edn.Vector && k != edn.List {
		return nil, lang.Refuse(lang.BadInput, b.Pos, "%s wants a tuple, not %v", b.Text, v)
	}
	items := v.Items()
	if len(items) < len(b.Items) {
		return nil, lang.Refuse(lang.BindArity, b.Pos, "%v has fewer elements than %s", v, b.Text)
	}
	for i, part := range b.Items {
		var err error
		if rows, err = d.bind(rows, part, items[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (d *destructurer) bindVar(rows [][]edn.Value, name lang.Var, v edn.Value) [][]edn.Value {
	at := slices.Index(d.vars, name)
	var out [][]edn.Value
	for _, row := range rows {
		switch {
		case !d.known[at]:
			row = slices.Clone(row)
			row[at] = v
		case fn.Key(row[at]) != fn.Key(v):
			continue
		}
		out = append(out, row)
	}
	d.known[at] = true
	return out
}

// takeInputs matches the inputs with :in.
func (b *builder) takeInputs(inputs []Input) error {
	q := b.program.Query
	if len(inputs) != len(q.In) {
		return b.inputArity(len(inputs))
	}
	for i, in := range q.In {
		if err := b.takeInput(in, inputs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) inputArity(n int) error {
	q := b.program.Query
	names := ""
	for i, in := range q.In {
		if i > 0 {
			names += " "
		}
		names += in.Text
	}
	pos := q.Pos
	if len(q.In) > 0 {
		pos = q.In[0].Pos
	}
	return lang.Refuse(lang.InputArity, pos, "the query takes %d inputs, %s, and is given %d", len(q.In), names, n)
}

func (b *builder) takeInput(in lang.Binding, input Input) error {
	switch in.Kind {
	case lang.BindSource:
		s, err := newSource(in.Name, input, in.Pos)
		b.program.Sources[in.Name] = s
		return err
	case lang.BindRules:
		if input.IsDB {
			return lang.Refuse(lang.BadInput, in.Pos, "%% wants rules, not a database")
		}
		rules, err := lang.ParseRules(input.Value)
		if err != nil {
			return err
		}
		b.rules, b.rulesForm = rules, input.Value
		return b.program.Query.CheckRules(rules)
	}
	if input.IsDB {
		return lang.Refuse(lang.BadInput, in.Pos, "%s is given a database and wants a value", in.Text).Try("databases are bound to names that begin with $")
	}
	r := Relation{Pos: in.Pos, Vars: in.Vars(nil)}
	rows, err := Destructure(in, input.Value, r.Vars, b.allow)
	r.Rows = rows
	b.program.Inputs = append(b.program.Inputs, r)
	return err
}
