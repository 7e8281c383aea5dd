package lang

import (
	"errors"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// Parse reads the text of a query and checks what can be checked without data.
func Parse(text string) (*Query, error) {
	form, err := edn.ParseSource(text)
	if err != nil {
		return nil, syntaxError(err)
	}
	return ParseForm(form)
}

// syntaxError makes a reader's error one of ours.
func syntaxError(err error) error {
	var e *edn.Error
	if errors.As(err, &e) {
		return &Error{Code: Syntax, Pos: e.Pos, Msg: e.Msg, Hint: e.Hint}
	}
	return err
}

// ParseForm is Parse for a form that was read already.
func ParseForm(form edn.Value) (*Query, error) {
	q := &Query{Pos: form.Pos(), Limit: -1}
	if err := q.parse(form); err != nil {
		return nil, err
	}
	return q, nil
}

func (q *Query) parse(form edn.Value) error {
	s, err := readSections(form)
	if err != nil {
		return err
	}
	if inner, ok := s.one["query"]; ok {
		if s, err = s.merge(inner); err != nil {
			return err
		}
	}
	return q.fill(s)
}

// sections are the parts of a query by name. In the vector form a part is what
// stands between two keywords; in the map form it is one value.
type sections struct {
	pos  edn.Pos
	one  map[string]edn.Value   // map form
	many map[string][]edn.Value // vector form
	at   map[string]edn.Pos
}

var sectionNames = []string{
	"find", "with", "keys", "strs", "syms", "in", "where", "having", "order-by", "offset", "limit", "timeout",
	"query", "args", "sources",
}

// Sections lists the names of the parts of a query, but for those of an argument map.
func Sections() []string {
	return slices.Sorted(slices.Values(sectionNames[:slices.Index(sectionNames, "query")]))
}

func readSections(form edn.Value) (*sections, error) {
	s := &sections{pos: form.Pos(), one: map[string]edn.Value{}, many: map[string][]edn.Value{}, at: map[string]edn.Pos{}}
	switch form.Kind() {
	case edn.Map:
		return s, s.readMap(form.Items())
	case edn.Vector, edn.List:
		return s, s.readVector(form)
	}
	return nil, Refuse(Syntax, form.Pos(), "a query is a vector or a map, not a %v", form.Kind()).
		Try("[:find ?e :where [?e :some/attribute]]")
}

func (s *sections) readMap(pairs []edn.Value) error {
	for ; len(pairs) > 1; pairs = pairs[2:] {
		name, err := s.name(pairs[0])
		if err != nil {
			return err
		}
		s.one[name], s.at[name] = pairs[1], pairs[0].Pos()
	}
	return nil
}

func (s *sections) readVector(form edn.Value) error {
	name := ""
	for _, item := range form.Items() {
		if item.Kind() == edn.Keyword && !belongs(name, item) {
			next, err := s.name(item)
			if err != nil {
				return err
			}
			if next == "query" || next == "args" || next == "sources" {
				return Refuse(Syntax, item.Pos(), "%v belongs to the map form", item).Try("{:query […] :args […]}")
			}
			name, s.many[next], s.at[next] = next, nil, item.Pos()
			continue
		}
		if name == "" {
			return Refuse(Syntax, item.Pos(), "a query begins with :find, not with %v", item).Try("write the query alone: [:find …]")
		}
		s.many[name] = append(s.many[name], item)
	}
	return nil
}

// belongs tells a keyword that is part of a section from one that begins the next, however it is spelt.
func belongs(section string, item edn.Value) bool {
	switch section {
	case "order-by":
		return slices.Contains(directions, Nearest(item.Text(), append(directions, sectionNames...)))
	case "keys", "strs", "syms":
		return Nearest(item.Text(), sectionNames) == ""
	}
	return false
}

var directions = []string{"asc", "desc"}

// name checks the keyword that begins a section.
func (s *sections) name(k edn.Value) (string, error) {
	for _, name := range sectionNames {
		if !k.Is(":" + name) {
			continue
		}
		if _, again := s.at[name]; again {
			return "", Refuse(Syntax, k.Pos(), "%v is given twice", k)
		}
		return name, nil
	}
	e := Refuse(Syntax, k.Pos(), "%v is no part of a query", k)
	if strings.Contains(k.Text(), "/") {
		return "", e.Try("clauses stand in brackets: [?e %v ?v]", k)
	}
	return "", e.Try("the parts are :%s", strings.Join(sectionNames, " :")).maybeKeyword(k, sectionNames)
}

// merge reads the query inside of an argument map; the options beside it are added.
func (s *sections) merge(query edn.Value) (*sections, error) {
	if query.Kind() == edn.String {
		form, err := edn.ParseSource(query.Text())
		if err != nil {
			return nil, syntaxError(err)
		}
		query = form
	}
	inner, err := readSections(query)
	if err != nil {
		return nil, err
	}
	for name, v := range s.one {
		switch name {
		case "query":
			continue
		case "find", "with", "keys", "strs", "syms", "in", "where":
			return nil, Refuse(Syntax, s.at[name], ":%s stands beside :query", name).Try("move it into the query")
		}
		if _, again := inner.at[name]; again {
			return nil, Refuse(Syntax, s.at[name], ":%s is given twice", name)
		}
		inner.one[name], inner.at[name] = v, s.at[name]
	}
	if _, nested := inner.one["query"]; nested {
		return nil, Refuse(Syntax, inner.at["query"], ":query inside of :query")
	}
	return inner, nil
}

// list is the section as a list of forms: in the map form its one value must be a vector or list.
func (s *sections) list(name string) ([]edn.Value, bool, error) {
	if items, ok := s.many[name]; ok {
		return items, true, nil
	}
	v, ok := s.one[name]
	if !ok {
		return nil, false, nil
	}
	if v.Kind() != edn.Vector && v.Kind() != edn.List {
		return nil, false, Refuse(Syntax, v.Pos(), ":%s wants a vector, not a %v", name, v.Kind())
	}
	return v.Items(), true, nil
}

// value is the section as one form.
func (s *sections) value(name string) (edn.Value, bool, error) {
	if items, ok := s.many[name]; ok {
		if len(items) != 1 {
			return edn.Value{}, false, Refuse(Syntax, s.at[name], ":%s wants one value, not %d", name, len(items))
		}
		return items[0], true, nil
	}
	v, ok := s.one[name]
	return v, ok, nil
}

// fill parses all sections, then checks them against each other.
func (q *Query) fill(s *sections) error {
	steps := []func(*sections) error{q.parseFind, q.parseKeys, q.parseIn, q.parseWith, q.parseWhere, q.parseHaving, q.parseOptions, q.parseBasis}
	for _, step := range steps {
		if err := step(s); err != nil {
			return err
		}
	}
	return q.check()
}
