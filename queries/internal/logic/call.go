package logic

import (
	"context"
	"errors"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Reader is what functions that ask sources need of an evaluator.
type Reader interface {
	// Values are the values that an entity has of an attribute, in their order.
	Values(ctx context.Context, s *Source, e engine.ID, a *engine.Attribute) ([]edn.Value, error)
	// Ask runs a query inside of the query.
	Ask(ctx context.Context, q *lang.Query, inputs []Input) (edn.Value, error)
}

// Eval calls the function with the values of its arguments, those that are
// sources left nil. A nil result gives no row.
func (c *Call) Eval(ctx context.Context, env *fn.Env, rd Reader, args []edn.Value) (edn.Value, error) {
	v, err := c.eval(ctx, env, rd, args)
	var refused *lang.Error
	switch {
	case errors.As(err, &refused), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return v, err
	case err != nil:
		return v, lang.Refuse(lang.BadValue, c.Pos, "%s: %v", c.Text, err)
	case c.Negate:
		return edn.MakeBool(!fn.Truthy(v)), nil
	}
	return v, nil
}

func (c *Call) eval(ctx context.Context, env *fn.Env, rd Reader, args []edn.Value) (edn.Value, error) {
	switch c.Fn.Kind {
	case fn.GetElse:
		return c.getElse(ctx, rd, args)
	case fn.GetSome:
		return c.getSome(ctx, rd, args)
	case fn.Missing:
		v, err := c.valueOf(ctx, rd, args[1], args[2])
		return edn.MakeBool(v.IsNil()), err
	case fn.Entid:
		id, ok, err := c.Sources[0].Entity(ctx, args[1])
		if err != nil || !ok {
			return edn.Value{}, err
		}
		return edn.MakeInt(int64(id)), nil
	case fn.Ident:
		return c.valueOf(ctx, rd, args[1], edn.MakeKeyword("db/ident"))
	case fn.Nested:
		return rd.Ask(ctx, c.Nested, c.inputs(args))
	}
	v, err := c.Fn.Call(env, args)
	if err != nil {
		return v, err
	}
	return v, env.Check(v)
}

// getElse is the first value of an attribute, or the default.
func (c *Call) getElse(ctx context.Context, rd Reader, args []edn.Value) (edn.Value, error) {
	if args[3].IsNil() {
		return edn.Value{}, lang.Refuse(lang.NilDefault, c.Pos, "nil cannot be a default, in %s", c.Text)
	}
	v, err := c.valueOf(ctx, rd, args[1], args[2])
	if v.IsNil() {
		return args[3], err
	}
	return v, err
}

// getSome is the first of several attributes that the entity has, with its value.
func (c *Call) getSome(ctx context.Context, rd Reader, args []edn.Value) (edn.Value, error) {
	for _, attr := range args[2:] {
		v, err := c.valueOf(ctx, rd, args[1], attr)
		if err != nil {
			return edn.Value{}, err
		}
		if !v.IsNil() {
			return edn.MakeVector(attr, v), nil
		}
	}
	return edn.Value{}, nil
}

// valueOf is the first value that an entity has of an attribute, nil for none. Of :ns/_attr it is the
// first entity that points to it.
func (c *Call) valueOf(ctx context.Context, rd Reader, entity, attr edn.Value) (edn.Value, error) {
	s := c.Sources[0]
	attr, reverse := lang.ReverseAttr(attr)
	a, err := s.Attribute(attr)
	if err != nil || a == nil {
		return edn.Value{}, err
	}
	id, ok, err := s.Entity(ctx, entity)
	if err != nil || !ok {
		return edn.Value{}, err
	}
	if reverse {
		return s.pointer(ctx, a, id)
	}
	values, err := rd.Values(ctx, s, id, a)
	if err != nil || len(values) == 0 {
		return edn.Value{}, err
	}
	return values[0], nil
}

// rules is an argument of q that is rules: those of the query around, or its own.
func (c *Call) rules(i int) Input {
	if c.Args[i].Kind == lang.RulesName {
		return Input{Value: c.Rules}
	}
	return Input{Value: c.Args[i].Value}
}

// inputs are the arguments of q.
func (c *Call) inputs(args []edn.Value) []Input {
	in := make([]Input, len(args))
	for i, t := range c.Args {
		switch t.Kind {
		case lang.SourceName:
			in[i] = c.Sources[i].Input
		case lang.RulesName:
			in[i] = c.rules(i)
		default:
			in[i] = Input{Value: args[i]}
		}
	}
	return in
}
