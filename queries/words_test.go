package queries

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What an editor is told can be written is read, and what it is not told is not there.
func TestWords(t *testing.T) {
	v := Words()
	for _, f := range v.Functions {
		args := strings.Repeat(" 1", max(f.Min, 1))
		switch f.Name {
		case "q":
			args = " [:find ?x :in ?x] 1"
		case "get-else", "get-some", "missing?", "entid", "ident":
			args = " $ ?e" + strings.Repeat(" :person/name", f.Min-2)
		}
		if _, err := Parse(fmt.Sprintf("[:find ?x :where [?e :person/name] [(%s%s) ?x]]", f.Name, args)); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	for _, a := range v.Aggregates {
		args := " ?e"
		switch {
		case a.Name == "pull":
			args = " ?e [*]"
		case a.Min == 2:
			args = " 2 ?e"
		}
		if _, err := Parse(fmt.Sprintf("[:find (%s%s) :where [?e :person/name]]", a.Name, args)); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
	for _, c := range v.Clauses {
		vars := ""
		if strings.HasSuffix(c, "-join") {
			vars = " [?e]"
		}
		if _, err := Parse(fmt.Sprintf("[:find ?e :where [?e :person/name] (%s%s [?e :person/age])]", c, vars)); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
	for _, want := range []struct{ list, name string }{{"s", ":find"}, {"s", ":order-by"}, {"c", "or-join"}, {"f", "clojure.string/starts-with?"}, {"f", "get-else"}, {"f", ".contains"}, {"a", "count-distinct"}, {"a", "pull"}} {
		var names []string
		switch want.list {
		case "s":
			names = v.Sections
		case "c":
			names = v.Clauses
		default:
			for _, f := range map[string][]Callee{"f": v.Functions, "a": v.Aggregates}[want.list] {
				names = append(names, f.Name)
			}
		}
		if !slices.Contains(names, want.name) {
			t.Errorf("%s is not among %q", want.name, names)
		}
	}
}
