package engine

import (
	"maps"

	"github.com/dhfs/dhfs/engine/edn"
)

// read turns forms into acts. Each form gets a seq of its own.
func (x *tx) read(forms []edn.Value) error {
	if !x.schemaOnly {
		x.reserve(forms)
	}
	for _, f := range forms {
		x.seq++
		err := x.form(f)
		if x.schemaOnly && (refused(err, codeAttribute) || refused(err, codeLookupUnique)) {
			continue // the attribute may be one that is being declared
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reserve makes room for about as many acts as forms will need.
func (x *tx) reserve(forms []edn.Value) {
	n := 1 // the transaction's :db/txInstant
	for _, f := range forms {
		if f.Kind() == edn.Map {
			n += len(f.Items()) / 2
		} else {
			n++
		}
	}
	x.acts = make([]act, 0, n)
	x.nodes = make(nodes, 0, len(forms))
	x.claims = make([]claim, 0, len(forms))
}

func (x *tx) form(f edn.Value) error {
	switch f.Kind() {
	case edn.Map:
		_, err := x.entityMap(f)
		return err
	case edn.Vector, edn.List:
		return x.list(f)
	case edn.Nil:
		return nil
	}
	return refuse(codeSyntax, f.Pos(), "tx data is maps and vectors like [:db/add entity attribute value]",
		"%s is no form of a transaction", brief(f))
}

// verb reads the items of a form that begins with a certain keyword.
type verb struct {
	usage    string
	min, max int // how many items after the keyword
	read     func(x *tx, f edn.Value, args []edn.Value) error
}

// verbs are all forms that begin with a keyword.
var verbs = map[string]verb{
	"db/add":                  {"[:db/add entity attribute value]", 3, 4, (*tx).readAdd},
	"db/retract":              {"[:db/retract entity attribute value?]", 2, 4, (*tx).readRetract},
	"db/cas":                  {"[:db/cas entity attribute old new]", 4, 4, (*tx).readSwap},
	"db.fn/cas":               {"[:db.fn/cas entity attribute old new]", 4, 4, (*tx).readSwap},
	"db/retractEntity":        {"[:db/retractEntity entity]", 1, 1, (*tx).readRemoval},
	"db.fn/retractEntity":     {"[:db.fn/retractEntity entity]", 1, 1, (*tx).readRemoval},
	"db.fn/retractAttribute":  {"[:db.fn/retractAttribute entity attribute]", 2, 2, (*tx).readWipe},
	"db/purge":                {"[:db/purge entity attribute value]", 3, 3, (*tx).purged},
	"db.purge/entity":         {"[:db.purge/entity entity]", 1, 1, (*tx).purged},
	"db.purge/attribute":      {"[:db.purge/attribute entity attribute]", 2, 2, (*tx).purged},
	"db.history.purge/before": {"[:db.history.purge/before instant]", 1, 1, (*tx).purged},
}

func (x *tx) list(f edn.Value) error {
	items := f.Items()
	if isDatom(items) {
		return x.readDatom(f, items)
	}
	if len(items) == 0 || items[0].Kind() != edn.Keyword {
		return refuse(codeSyntax, f.Pos(), "vectors begin with :db/add, :db/retract, …; a datom is [entity attribute value t added]",
			"%s is no form of a transaction", brief(f))
	}
	v, ok := verbs[items[0].Text()]
	if !ok {
		return x.unknownVerb(items[0])
	}
	args, err := v.args(f)
	if err != nil {
		return err
	}
	return v.read(x, f, args)
}

// args are the items after the keyword, as many as there have to be.
func (v verb) args(f edn.Value) ([]edn.Value, error) {
	args := f.Items()[1:]
	if n := len(args); n < v.min || n > v.max {
		return nil, refuse(codeSyntax, f.Pos(), "write "+v.usage, "%s has %d items too %s", brief(f), max(v.min-n, n-v.max), fewOrMany(n < v.min))
	}
	return args, nil
}

func fewOrMany(few bool) string {
	if few {
		return "few"
	}
	return "many"
}

func (x *tx) unknownVerb(word edn.Value) error {
	hint := didYouMean(nearest(word.Text(), maps.Keys(verbs)))
	if hint == "" {
		hint = "there are no transaction functions; use :db/add, :db/retract, :db/cas, :db/retractEntity or maps"
	}
	return refuse(codeSyntax, word.Pos(), hint, "unknown operation %s", brief(word))
}

// isDatom tells whether items are a raw datom: entity, attribute, value, t, added.
func isDatom(items []edn.Value) bool {
	return len(items) == 5 && items[4].Kind() == edn.Bool && items[3].Kind() == edn.Int
}
