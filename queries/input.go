package queries

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/native"
)

// Input is what one :in name is bound to: a database, or any value (scalar, tuple, collection, relation, rules).
type Input struct {
	in  logic.Input
	err error // of a Go value that is no value here
}

// Keyword is the name of a keyword, without the colon, among Go values: Keyword("person/name").
type Keyword = native.Keyword

// Symbol is the name of a symbol among Go values.
type Symbol = native.Symbol

// DB makes a database an input.
func DB(db engine.DB) Input { return Input{in: logic.Input{DB: db, IsDB: true}} }

// Value makes a Go value an input: a scalar, a tuple, a collection, a relation, or tuples to be asked as a source.
//
//	nil, nil pointers            nil
//	booleans, numbers, strings   themselves
//	Keyword, Symbol              keywords, symbols
//	*big.Int                     a bigint
//	time.Time                    an instant, in milliseconds
//	uuid.UUID, []byte            themselves
//	slices, arrays               vectors
//	maps                         maps; those to struct{} are sets
//	structs                      maps by keyword, of the fields tagged `dhfs:"name"` that are not nil
//	edn.Value, engine.Value      what they are, such as rules that edn.Parse read
//
// What has no form as a value, such as a function, is refused when the query is run.
func Value(v any) Input {
	value, err := native.Of(v)
	return Input{in: logic.Input{Value: value}, err: err}
}

// Inputs makes inputs of databases, Go values and what is an input already, in their order:
//
//	queries.Inputs(db, "Berlin", []int{1, 2})
func Inputs(args ...any) []Input {
	inputs := make([]Input, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case Input:
			inputs[i] = arg
		case engine.DB:
			inputs[i] = DB(arg)
		default:
			inputs[i] = Value(arg)
		}
	}
	return inputs
}

// Datoms makes datoms of db an input, as those of a transaction's report: tuples [e a v tx added], in which
// a is the attribute's keyword. It is to be asked as a source or taken apart as a relation.
func Datoms(db engine.DB, datoms []engine.Datom) Input {
	tuples := make([]edn.Value, len(datoms))
	for i, d := range datoms {
		attr := edn.MakeInt(int64(d.A))
		if a, ok := db.Schema().ByID(d.A); ok {
			attr = edn.MakeKeyword(a.Ident)
		}
		tuples[i] = edn.MakeVector(edn.MakeInt(int64(d.E)), attr, engine.ToEDN(d.V), edn.MakeInt(int64(engine.TxID(d.T))), edn.MakeBool(d.Added))
	}
	return Value(edn.MakeVector(tuples...))
}

// take unwraps the inputs, or tells which one is of no use.
func (q *Query) take(inputs []Input) ([]logic.Input, error) {
	list := make([]logic.Input, len(inputs))
	for i, input := range inputs {
		if input.err == nil {
			list[i] = input.in
			continue
		}
		if i >= len(q.parsed.In) {
			return nil, lang.Refuse(lang.BadInput, q.parsed.Pos, "input %d: %v", i, input.err)
		}
		in := q.parsed.In[i]
		return nil, lang.Refuse(lang.BadInput, in.Pos, "the input %s: %v", in.Text, input.err)
	}
	return list, nil
}
