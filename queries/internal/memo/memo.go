// Package memo names the answer to a query by all that it depends on: the query, its
// inputs, and the trees that it reads. Trees are named by their CIDs, so a commit that does not
// touch what a query reads leaves its answer where it is, and no answer is ever out of date.
package memo

import (
	"strconv"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// key names answers among what is derived from trees.
type key string

// maxKey is how many bytes a name may have: inputs may be larger than what is won.
const maxKey = 64 << 10

// Place is where the answer to a program is kept; text is the query. ok is false for a
// program whose answers cannot be kept: one that asks no database, draws at random, or has large inputs.
func Place(p *logic.Program, text string) (place engine.Derived, ok bool) {
	w := &writer{ok: true, seen: map[string]bool{}}
	w.text(text)
	for _, e := range p.Query.Find {
		w.element(p, e)
	}
	for _, h := range p.Query.Having {
		w.ok = w.ok && deterministic(h.Call.Fn)
		for _, a := range h.Args {
			if a.Element != nil {
				w.element(p, *a.Element)
			}
		}
	}
	w.inputs(p)
	w.body(p.Where)
	for _, r := range p.Rules {
		w.text(r.Name)
		for _, b := range r.Branches {
			w.vars(b.Head)
			w.body(b.Body)
		}
	}
	if !w.ok || w.first == nil || len(w.key) > maxKey {
		return engine.Derived{}, false
	}
	return w.first.For(key(w.key)), true
}

// writer writes a name.
type writer struct {
	key   []byte
	seen  map[string]bool // trees that are named already
	first *engine.Derived
	ok    bool
}

func (w *writer) text(s string) {
	w.key = strconv.AppendInt(w.key, int64(len(s)), 10)
	w.key = append(append(w.key, ' '), s...)
}

func (w *writer) value(v edn.Value) {
	if len(w.key) > maxKey {
		w.ok = false
	}
	if w.ok {
		w.text(fn.Key(v))
	}
}

// tree names a tree of a source.
func (w *writer) tree(name string, p engine.Derived) {
	if w.first == nil {
		w.first = &p
	}
	if !w.seen[name] {
		w.seen[name] = true
		w.text(name)
		w.key = p.AppendKey(w.key)
	}
}

// whole names all that a source holds.
func (w *writer) whole(s *logic.Source) {
	if s != nil && s.Input.IsDB {
		w.tree(s.Name, s.Input.DB.OfAll(nil))
	}
}

func (w *writer) element(p *logic.Program, e lang.Element) {
	if e.Aggregate != nil && (e.Aggregate.Name == "rand" || e.Aggregate.Name == "sample") {
		w.ok = false
	}
	if e.Pull {
		w.whole(p.Sources[e.Source])
	}
}

func (w *writer) inputs(p *logic.Program) {
	for _, in := range p.Inputs {
		w.text("in")
		w.vars(in.Vars)
		for _, row := range in.Rows {
			for _, v := range row {
				w.value(v)
			}
		}
	}
	for _, in := range p.Query.In {
		s := p.Sources[in.Name]
		if in.Kind != lang.BindSource || s == nil || s.Input.IsDB {
			continue
		}
		w.text(s.Name)
		w.value(s.Input.Value)
	}
}

func (w *writer) body(body []logic.Clause) {
	w.text("(")
	for _, c := range body {
		w.clause(c)
	}
	w.text(")")
}

func (w *writer) clause(c logic.Clause) {
	switch c := c.(type) {
	case *logic.Pattern:
		w.pattern(c)
	case *logic.Predicate:
		w.call(&c.Call)
	case *logic.Function:
		w.call(&c.Call)
		w.text(c.Out.Text)
	case *logic.Not:
		w.vars(c.Join)
		w.body(c.Body)
	case *logic.Or:
		w.vars(c.Join)
		for _, b := range c.Branches {
			w.body(b)
		}
	case *logic.RuleCall:
		w.text(c.Rule.Name)
		w.terms(c.Args)
		if c.Rule.Source != nil {
			w.text(c.Rule.Source.Name)
		}
	}
}

func (w *writer) vars(list []lang.Var) {
	for _, v := range list {
		w.text(string(v))
	}
	w.text(".")
}

func (w *writer) terms(list []lang.Term) {
	for _, t := range list {
		switch t.Kind {
		case lang.Constant:
			w.value(t.Value)
		case lang.Variable:
			w.text(string(t.Var))
		default:
			w.text("_")
		}
	}
}

// pattern names what a pattern reads, with its constants: idents and lookup refs may come to name another entity.
func (w *writer) pattern(p *logic.Pattern) {
	w.text(p.Source.Name)
	w.terms(p.Terms)
	switch {
	case !p.Source.Input.IsDB:
	case p.Never:
		w.text("never")
	case p.Attr == nil:
		w.whole(p.Source)
	default:
		id := strconv.FormatUint(uint64(p.Attr.ID), 10)
		w.text(id)
		w.key = append(w.key, byte(p.Attr.Type))
		w.tree(p.Source.Name+" "+id, p.Source.Input.DB.Of(p.Attr.ID, engine.AEVT, nil))
	}
}

// call names what a function reads. One that asks a source may read anything there.
func (w *writer) call(c *logic.Call) {
	w.ok = w.ok && deterministic(c.Fn)
	w.text(c.Text)
	w.terms(c.Args)
	if c.Fn.Kind == fn.Pure {
		return
	}
	for _, s := range c.Sources {
		w.whole(s)
	}
}

// deterministic tells whether equal arguments give equal results, of what can be seen from here: queries within queries are not looked into.
func deterministic(f *fn.Func) bool {
	return f == nil || f.Name != "rand" && f.Name != "rand-int" && f.Kind != fn.Nested
}
