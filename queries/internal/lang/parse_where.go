package lang

import (
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

func (q *Query) parseWhere(s *sections) error {
	items, _, err := s.list("where")
	if err != nil {
		return err
	}
	q.Where, err = parseClauses(items, "$")
	return err
}

// parseClauses reads clauses; those of (and …) are taken out of it. source is
// the one that patterns without a source ask.
func parseClauses(forms []edn.Value, source string) ([]Clause, error) {
	var body []Clause
	for _, form := range forms {
		cs, err := parseClause(form, source)
		if err != nil {
			return nil, err
		}
		body = append(body, cs...)
	}
	return body, nil
}

// Compound are the clauses that have others in them. No rule can have one of these names.
var Compound = []string{"and", "or", "not", "or-join", "not-join"}

func parseClause(form edn.Value, source string) ([]Clause, error) {
	items := form.Items()
	if form.Kind() != edn.Vector && form.Kind() != edn.List || len(items) == 0 {
		return nil, Refuse(Syntax, form.Pos(), "%v is no clause", form).Try("[?e :some/attribute ?v]")
	}
	if items[0].Kind() == edn.List {
		return one(parseCallClause(form))
	}
	if isSource(items[0]) {
		if source, items = items[0].Text(), items[1:]; len(items) == 0 {
			return nil, Refuse(Syntax, form.Pos(), "%v asks for nothing", form)
		}
	}
	if !plainSymbol(items[0]) {
		return one(parsePattern(form, items, source))
	}
	switch head := items[0]; head.Text() {
	case "and":
		return parseClauses(items[1:], source)
	case "not":
		return one(parseNot(form, items[1:], source))
	case "not-join":
		return one(parseNotJoin(form, items[1:], source))
	case "or":
		return one(parseOr(form, items[1:], source))
	case "or-join":
		return one(parseOrJoin(form, items[1:], source))
	default:
		return one(parseRuleCall(form, items, source))
	}
}

func one(c Clause, err error) ([]Clause, error) {
	if err != nil {
		return nil, err
	}
	return []Clause{c}, nil
}

// plainSymbol tells names of rules from variables, sources and blanks.
func plainSymbol(v edn.Value) bool {
	return v.Kind() == edn.Symbol && !v.Is("_") && !v.Is("%") && !strings.HasPrefix(v.Text(), "?") && !strings.HasPrefix(v.Text(), "$")
}

func parsePattern(form edn.Value, items []edn.Value, source string) (Clause, error) {
	p := &Pattern{Pos: form.Pos(), Source: source}
	if form.Kind() != edn.Vector && !isSource(form.Items()[0]) {
		return nil, Refuse(Syntax, form.Pos(), "%v is no clause", form).Try("patterns stand in brackets: [?e :some/attribute ?v]")
	}
	for _, item := range items {
		t, err := parseTerm(item)
		if err != nil {
			return nil, err
		}
		if t.Kind == SourceName || t.Kind == RulesName {
			return nil, Refuse(Syntax, item.Pos(), "%v stands inside of a pattern", item).Try("a source comes first: [%v ?e :some/attribute]", item)
		}
		p.Terms = append(p.Terms, t)
	}
	return p, nil
}

// parseTerm reads one place of a clause.
func parseTerm(form edn.Value) (Term, error) {
	t := Term{Pos: form.Pos()}
	if v, ok := asVar(form); ok {
		t.Kind, t.Var = Variable, v
		return t, nil
	}
	switch {
	case form.Is("_"):
		return t, nil
	case isSource(form):
		t.Kind, t.Name = SourceName, form.Text()
		return t, nil
	case form.Is("%"):
		t.Kind = RulesName
		return t, nil
	}
	if v, ok := anyVar(form); ok {
		return t, Refuse(Syntax, v.Pos(), "%v stands inside of the constant %v", v, form).
			Try("make the value first: [(vector …) ?x]")
	}
	t.Kind, t.Value = Constant, form
	return t, nil
}

// anyVar finds a variable inside of a collection.
func anyVar(form edn.Value) (edn.Value, bool) {
	for _, item := range form.Items() {
		if _, ok := asVar(item); ok {
			return item, true
		}
		if v, ok := anyVar(item); ok {
			return v, true
		}
	}
	return edn.Value{}, false
}

func parseRuleCall(form edn.Value, items []edn.Value, source string) (Clause, error) {
	c := &RuleCall{Pos: form.Pos(), Source: source, Name: items[0].Text()}
	for _, item := range items[1:] {
		t, err := parseTerm(item)
		if err != nil {
			return nil, err
		}
		if t.Kind == SourceName || t.Kind == RulesName {
			return nil, Refuse(Syntax, item.Pos(), "a rule takes no %v as an argument", item).Try("put it first: (%v %s …)", item, c.Name)
		}
		c.Args = append(c.Args, t)
	}
	if len(c.Args) == 0 {
		return nil, Refuse(Syntax, form.Pos(), "%v is no clause: a rule has arguments", form)
	}
	return c, nil
}
