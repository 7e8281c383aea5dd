package lang

import (
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// parseCallClause reads [(f args…)] and [(f args…) binding].
func parseCallClause(form edn.Value) (Clause, error) {
	items := form.Items()
	if form.Kind() != edn.Vector || len(items) > 2 {
		return nil, Refuse(Syntax, form.Pos(), "%v is no clause", form).Try("[(f ?x) ?y]")
	}
	call, err := parseCall(items[0])
	if err != nil {
		return nil, err
	}
	if len(items) == 1 {
		return &Predicate{Pos: form.Pos(), Call: call}, nil
	}
	out, err := parseBinding(items[1])
	if err != nil {
		return nil, err
	}
	return &Function{Pos: form.Pos(), Call: call, Out: out}, nil
}

// parseCall reads (f args…) and ((complement f) args…).
func parseCall(form edn.Value) (Call, error) {
	c := Call{Text: form.String()}
	items := form.Items()
	if len(items) == 0 {
		return c, Refuse(Syntax, form.Pos(), "() calls nothing")
	}
	head := items[0]
	if inner := head.Items(); head.Kind() == edn.List && len(inner) == 2 && inner[0].Is("complement") {
		c.Negate, head = true, inner[1]
	}
	f, err := findFunc(head)
	if err != nil {
		return c, err
	}
	c.Fn = f
	args := items[1:]
	if len(args) < f.Min || f.Max >= 0 && len(args) > f.Max {
		return c, Refuse(FnArity, form.Pos(), "%s has %d arguments in %v", f.Name, len(args), form).Try("%s", arity(f))
	}
	return c, c.parseArgs(args)
}

// findFunc finds the function that is called.
func findFunc(head edn.Value) (*fn.Func, error) {
	if head.Kind() != edn.Symbol {
		return nil, Refuse(Syntax, head.Pos(), "%v cannot be called", head)
	}
	name := head.Text()
	if f, ok := fn.Find(name); ok {
		return f, nil
	}
	e := Refuse(UnknownFn, head.Pos(), "there is no function %s", name)
	switch {
	case strings.HasPrefix(name, "?"):
		return nil, e.Try("functions are not values: write the name of one")
	case name == "complement":
		return nil, e.Try("((complement even?) ?x)")
	case strings.HasPrefix(name, "."):
		return nil, e.Try("of Java's methods there are %s", strings.Join(fn.Methods(), " "))
	case absent[name] != "":
		return nil, e.Try("%s", absent[name])
	}
	return nil, e.maybe(name, fn.Names()).maybeString(name)
}

// absent are functions of Datomic that there are not, and what serves instead.
var absent = map[string]string{
	"fulltext": "[?e :some/attribute ?v] [(clojure.string/includes? ?v \"word\")]",
	"tx-data":  "[?e ?a ?v ?tx ?added], with a database's history as the source",
	"tx-ids":   "[?tx :db/txInstant ?when]",
}

// maybeString adds the function of clojure.string that is called so without its namespace, or nearly so.
func (e *Error) maybeString(name string) *Error {
	const ns = "clojure.string/"
	var names []string
	for _, full := range fn.Names() {
		if short, ok := strings.CutPrefix(full, ns); ok {
			names = append(names, short)
		}
	}
	near := Nearest(name[strings.LastIndexByte(name, '/')+1:], names)
	if e.Hint != "" || near == "" {
		return e
	}
	return e.Try("did you mean %s%s?", ns, near)
}

func arity(f *fn.Func) string {
	switch {
	case f.Max < 0:
		return f.Name + " wants " + plural(f.Min) + " or more"
	case f.Min == f.Max:
		return f.Name + " wants " + plural(f.Min)
	}
	return f.Name + " wants " + plural(f.Min) + " to " + plural(f.Max)
}

func plural(n int) string {
	words := []string{"none", "one", "two", "three", "four"}
	return words[min(n, 4)]
}

// parseArgs reads the arguments. The query of q, and rules for it, are constants that have variables in them.
func (c *Call) parseArgs(args []edn.Value) error {
	if c.Fn.Kind == fn.Nested {
		nested, err := parseNested(args[0])
		if err != nil {
			return err
		}
		c.Nested, args = nested, args[1:]
	}
	for i, arg := range args {
		if c.takesRules(i) && !arg.Is("%") {
			c.Args = append(c.Args, Term{Kind: Constant, Value: arg, Pos: arg.Pos()})
			continue
		}
		if arg.Kind() == edn.List && len(arg.Items()) > 0 && isCall(arg.Items()) {
			return Refuse(Syntax, arg.Pos(), "calls do not nest: %v", arg).Try("bind it before: [%v ?x]", arg)
		}
		t, err := parseTerm(arg)
		if err != nil {
			return err
		}
		c.Args = append(c.Args, t)
	}
	return c.checkArgs()
}

func parseNested(form edn.Value) (*Query, error) {
	if form.Kind() == edn.String {
		return Parse(form.Text())
	}
	return ParseForm(form)
}

// takesRules tells whether an argument of q stands for rules.
func (c *Call) takesRules(i int) bool {
	return c.Nested != nil && i < len(c.Nested.In) && c.Nested.In[i].Kind == BindRules
}

// isCall tells a list that would be a call from one that is data.
func isCall(items []edn.Value) bool {
	if items[0].Kind() != edn.Symbol {
		return false
	}
	_, known := fn.Find(items[0].Text())
	_, hasVar := anyVar(edn.MakeList(items...))
	return known || hasVar
}

// checkArgs checks where sources, rules and blanks stand.
func (c *Call) checkArgs() error {
	for i, t := range c.Args {
		switch {
		case t.Kind == Blank:
			return Refuse(Syntax, t.Pos, "_ is no argument, in %s", c.Text)
		case c.Fn.Kind == fn.Nested:
		case t.Kind == RulesName, t.Kind == SourceName && (c.Fn.Kind == fn.Pure || i > 0):
			return Refuse(Syntax, t.Pos, "%s takes no source or rules there, in %s", c.Fn.Name, c.Text)
		case i == 0 && c.Fn.Kind != fn.Pure && t.Kind != SourceName:
			return Refuse(Syntax, t.Pos, "%s wants a source first, in %s", c.Fn.Name, c.Text).Try("(%s $ …)", c.Fn.Name)
		}
	}
	if last := len(c.Args) - 1; c.Fn.Kind == fn.GetElse && c.Args[last].Kind == Constant && c.Args[last].Value.IsNil() {
		return Refuse(NilDefault, c.Args[last].Pos, "nil cannot be a default, in %s", c.Text).Try("nil is never a value: use another, or (missing? …)")
	}
	return nil
}
