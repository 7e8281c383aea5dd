package engine

import (
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// Argument is a transaction with what is said of it, as text has it: the argument map of Datahike,
// {:tx-data [...] :tx-meta {...}}, with the author and the message of the commit beside them as :by "…" and :msg "…".
// :tx-meta has attributes of the transaction's own entity.
type Argument struct {
	Forms   []edn.Value // the tx data, what :tx-meta says included
	By, Msg Opt[string]
}

// ErrSeveral says that text has more than one transaction.
var ErrSeveral = errors.New("a map with :tx-data is a whole transaction, and there is more")

// ParseArgument reads a transaction as people write it: an argument map, one vector of forms, several, or the forms themselves. The
// error is an *edn.Error or a *TxError, or wraps ErrSeveral.
func ParseArgument(text string) (Argument, error) {
	all, err := edn.ParseAll(text)
	if err != nil {
		return Argument{}, err
	}
	var forms []edn.Value
	for _, v := range all {
		a, ok, err := ReadArgument(v)
		switch {
		case err != nil || ok && len(all) == 1:
			return a, err
		case ok:
			return a, fmt.Errorf("%d:%d: %w", v.Pos().Line, v.Pos().Col, ErrSeveral)
		case len(all) == 1 && isFormList(v):
			return Argument{Forms: v.Items()}, nil
		case isFormList(v):
			forms = append(forms, v.Items()...)
		default:
			forms = append(forms, v)
		}
	}
	return Argument{Forms: forms}, nil
}

// isFormList tells a vector of forms from the vector that is one form ([:db/add …], [1 :a "v"]).
func isFormList(v edn.Value) bool {
	if v.Kind() != edn.Vector && v.Kind() != edn.List {
		return false
	}
	for _, item := range v.Items() {
		switch item.Kind() {
		case edn.Map, edn.Vector, edn.List:
		default:
			return false
		}
	}
	return true
}

// ReadArgument reads an argument map; ok is false for every other form. What is wrong with it is a *TxError.
func ReadArgument(form edn.Value) (a Argument, ok bool, err error) {
	if !isArgument(form) {
		return Argument{}, false, nil
	}
	items := form.Items()
	for i := 0; i < len(items); i += 2 {
		if err := a.Take(items[i], items[i+1]); err != nil {
			return Argument{}, true, err
		}
	}
	return a, true, nil
}

// isArgument tells an argument map from the map of an entity.
func isArgument(form edn.Value) bool {
	if form.Kind() != edn.Map {
		return false
	}
	items := form.Items()
	for i := 0; i < len(items); i += 2 {
		if items[i].Is(":tx-data") {
			return true
		}
	}
	return false
}

// Take reads one key of an argument map with its value, for those who do not have the whole map in memory.
func (a *Argument) Take(key, value edn.Value) error {
	switch {
	case key.Is(":tx-data"):
		if value.Kind() != edn.Vector && value.Kind() != edn.List {
			return refuse(codeSyntax, value.Pos(), `{:tx-data [{:person/name "Ada"}]}`, ":tx-data is a vector of forms, and %s is none", brief(value))
		}
		a.Forms = append(a.Forms, value.Items()...)
		return nil
	case key.Is(":tx-meta"):
		return a.takeMeta(value)
	case key.Is(":by"):
		return takeText(&a.By, key, value)
	case key.Is(":msg"):
		return takeText(&a.Msg, key, value)
	}
	return refuse(codeSyntax, key.Pos(), "what else is to be said of the transaction goes into :tx-meta, as attributes", "%s is none of :tx-data, :tx-meta, :by and :msg", brief(key))
}

// takeMeta makes :tx-meta a form about the transaction.
func (a *Argument) takeMeta(value edn.Value) error {
	if value.IsNil() || value.Kind() == edn.Map && len(value.Items()) == 0 {
		return nil
	}
	if value.Kind() != edn.Map {
		return refuse(codeSyntax, value.Pos(), `{:tx-meta {:audit/why "asked for"}}`, ":tx-meta is a map of attributes, and %s is none", brief(value))
	}
	pairs := []edn.Value{edn.MakeKeyword("db/id"), edn.MakeString("datomic.tx").At(value.Pos())}
	items := value.Items()
	for i := 0; i < len(items); i += 2 {
		if items[i].Is(":db/id") {
			return refuse(codeSyntax, items[i].Pos(), "leave it out", ":tx-meta is about the transaction itself, which needs no :db/id")
		}
		pairs = append(pairs, items[i], items[i+1])
	}
	a.Forms = append(a.Forms, edn.MakeMap(pairs...).At(value.Pos()))
	return nil
}

func takeText(to *Opt[string], key, value edn.Value) error {
	if value.IsNil() {
		return nil
	}
	if value.Kind() != edn.String {
		return refuse(codeSyntax, value.Pos(), "", "%s is a string, and %s is none", brief(key), brief(value))
	}
	*to = Some(value.Text())
	return nil
}

// Over is m with what the argument says instead.
func (a Argument) Over(m Meta) Meta {
	if a.By.Set {
		m.By = a.By.Val
	}
	if a.Msg.Set {
		m.Msg = a.Msg.Val
	}
	return m
}
