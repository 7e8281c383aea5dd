package lang

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// Rule is a name with parameters and the branches that derive it.
type Rule struct {
	Name     string
	Pos      edn.Pos
	Required []int // the parameters that a call must have bound
	Arity    int
	Branches []Branch
}

// Branch is one definition of a rule: its own names for the parameters, and clauses.
type Branch struct {
	Pos  edn.Pos
	Head []Var
	Body []Clause
}

// Rules are the rules of one query by name.
type Rules map[string]*Rule

// ParseRules reads [[(name ?a ?b) clauses…] …], or the text of it.
func ParseRules(form edn.Value) (Rules, error) {
	if form.Kind() == edn.String {
		inner, err := edn.ParseSource(form.Text())
		if err != nil {
			return nil, syntaxError(err)
		}
		form = inner
	}
	if form.Kind() != edn.Vector && form.Kind() != edn.List {
		return nil, Refuse(BadInput, form.Pos(), "rules are a vector, not a %v", form.Kind()).Try("[[(name ?x) [?x :some/attribute]]]")
	}
	rules := Rules{}
	for _, item := range form.Items() {
		if err := rules.parse(item); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

func (rs Rules) parse(form edn.Value) error {
	items := form.Items()
	if form.Kind() != edn.Vector && form.Kind() != edn.List || len(items) < 2 {
		return Refuse(Syntax, form.Pos(), "%v is no rule", form).Try("[(name ?x) [?x :some/attribute]]")
	}
	name, required, head, err := parseHead(items[0])
	if err != nil {
		return err
	}
	body, err := parseClauses(items[1:], "")
	if err != nil {
		return err
	}
	if err := checkNesting(body, 1); err != nil {
		return err
	}
	rule, ok := rs[name]
	if !ok {
		rule = &Rule{Name: name, Pos: form.Pos(), Arity: len(head)}
		rs[name] = rule
	}
	if rule.Arity != len(head) {
		return Refuse(RuleArity, items[0].Pos(), "%s has %d parameters here and %d at %d:%d", name, len(head), rule.Arity, rule.Pos.Line, rule.Pos.Col)
	}
	for i := range required {
		if !slices.Contains(rule.Required, i) {
			rule.Required = append(rule.Required, i)
		}
	}
	inherit(body)
	rule.Branches = append(rule.Branches, Branch{Pos: form.Pos(), Head: head, Body: body})
	return nil
}

// parseHead reads (name ?a ?b) or (name [?required] ?b).
func parseHead(form edn.Value) (name string, required, head []Var, err error) {
	items := form.Items()
	if form.Kind() != edn.List && form.Kind() != edn.Vector || len(items) < 2 || !plainSymbol(items[0]) {
		return "", nil, nil, Refuse(Syntax, form.Pos(), "%v is no head of a rule", form).Try("(name ?x ?y)")
	}
	name = items[0].Text()
	if slices.Contains(Compound, name) {
		return "", nil, nil, Refuse(Syntax, form.Pos(), "a rule cannot be called %s", name)
	}
	required, free, err := headVars(items[1:])
	return name, required, append(slices.Clone(required), free...), err
}

// inherit makes $ in the clauses of a rule stand for the source that the rule is called with.
func inherit(body []Clause) {
	for _, c := range body {
		switch c := c.(type) {
		case *Pattern:
			c.Source = inherited(c.Source)
		case *RuleCall:
			c.Source = inherited(c.Source)
		case *Predicate:
			inheritArgs(c.Call.Args)
		case *Function:
			inheritArgs(c.Call.Args)
		case *Not:
			inherit(c.Body)
		case *Or:
			for _, b := range c.Branches {
				inherit(b)
			}
		}
	}
}

func inheritArgs(args []Term) {
	for i := range args {
		if args[i].Kind == SourceName {
			args[i].Name = inherited(args[i].Name)
		}
	}
}

func inherited(source string) string {
	if source == "$" {
		return ""
	}
	return source
}
