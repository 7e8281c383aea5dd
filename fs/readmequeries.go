package fs

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// example is a query of README.md that has an answer in its database.
type example struct{ name, query string }

// line is what a shell is told to ask it. echo of some shells takes backslashes apart.
func (e example) line() string {
	say := "echo"
	if strings.Contains(e.query, `\`) {
		say = `printf '%s\n'`
	}
	return fmt.Sprintf("    %s %s > query/%s.dl; cat query/%[3]s.tsv\n", say, quoted(e.query), e.name)
}

// Bounds of the examples, in bytes.
const (
	niceExample = 170 // up to here the better query is taken, and beyond the shorter
	maxExamples = 1750
	maxLiteral  = 40
	maxUsed     = 100  // longest attribute
	maxTried    = 1000 // queries that are looked at for one example
)

// examples are worked queries, one for each thing that can be asked, as far as the database has what it needs.
func examples(kinds []kindSketch) []example {
	p := poolOf(kinds)
	all := []example{
		{"key", p.best(p.byKey, "[:find ?a ?v :where [%d ?a ?v]]")},
		{"filter", p.best(p.filter, "[:find ?a ?v :where [%d ?a ?v] [(not= ?v :none)]]")},
		{"join", p.best(p.join, "[:find ?at ?a :where [%d ?a _ ?tx] [?tx :db/txInstant ?at]]")},
		{"group", p.best(p.group, "[:find ?a (count ?v) :where [%d ?a ?v]]")},
		{"not", p.best(p.not, "[:find ?a ?v :where [%d ?a ?v] (not [(= ?v :none)])]")},
		{"or", p.best(p.or, `[:find ?a ?v :where [%d ?a ?v] (or [(= ?v :some)] [(not= ?v :none)])]`)},
		{"pull", p.best(p.pull, "[:find (pull ?e [*]) . :where [(ground %d) ?e]]")},
		{"past", p.best(p.past, `{:query [:find ?at ?a ?v ?added :where [%d ?a ?v ?tx ?added] [?tx :db/txInstant ?at]] :sources {$ "history"}}`)},
	}
	all = slices.DeleteFunc(all, func(e example) bool { return e.query == "" })
	length := func(a, b example) int { return cmp.Compare(len(a.query), len(b.query)) }
	for size(all) > maxExamples {
		longest := slices.MaxFunc(all, length)
		all = slices.DeleteFunc(all, func(e example) bool { return e == longest })
	}
	return all
}

func size(all []example) (n int) {
	for _, e := range all {
		n += len(e.line())
	}
	return n
}

// pool is what examples can be made of.
type pool struct {
	attrs  []usedAttr
	entity engine.ID // some entity that has values, 0 for none
}

// usedAttr is an attribute that examples can name.
type usedAttr struct {
	attrSketch
	kind string
	text string // ":person/name"
	some string // a value as EDN, "" where it is none that a query can name, or a long one
}

// poolOf takes the attributes that can be written in a query, in the order of the kinds.
func poolOf(kinds []kindSketch) pool {
	var p pool
	for _, k := range kinds {
		for _, a := range k.attrs {
			p.entity = cmp.Or(p.entity, a.entity)
			text := ":" + a.Ident
			if v, err := edn.Parse(text); err != nil || !v.Is(text) || len(text) > maxUsed {
				continue
			}
			p.attrs = append(p.attrs, usedAttr{attrSketch: a, kind: k.info.Kind, text: text, some: literal(a.first)})
		}
	}
	return p
}

// literal is a value as a query names it.
func literal(v engine.Value) string {
	switch v.Kind() {
	case engine.NilKind, engine.SymbolKind, engine.URIKind, engine.BytesKind, engine.TupleKind, engine.RefKind:
		return ""
	}
	if v.OutOfLine() {
		return ""
	}
	text := engine.ToEDN(v).String()
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	if back, err := edn.Parse(text); err != nil || back.String() != text || len(text) > maxLiteral || strings.ContainsFunc(text, odd) {
		return ""
	}
	return text
}

// best is the first query that is short enough, else the shortest of those looked at and of the one about
// an entity, which needs no attribute; "" where there is nothing to be asked.
func (p pool) best(queries iter.Seq[string], ofEntity string) string {
	if p.entity == 0 {
		return ""
	}
	best, left := fmt.Sprintf(ofEntity, p.entity), maxTried
	short := ""
	for q := range queries {
		if len(q) <= niceExample {
			return q
		}
		if short == "" || len(q) < len(short) {
			short = q
		}
		if left--; left == 0 {
			break
		}
	}
	if len(best) <= niceExample || short == "" || len(best) < len(short) {
		return best
	}
	return short
}

// with are the attributes of which all wishes are true.
func (p pool) with(wishes ...func(usedAttr) bool) []usedAttr {
	var found []usedAttr
	for _, a := range p.attrs {
		if !slices.ContainsFunc(wishes, func(wish func(usedAttr) bool) bool { return !wish(a) }) {
			found = append(found, a)
		}
	}
	return found
}

func isKey(a usedAttr) bool    { return a.Unique == engine.UniqueIdentity }
func noKey(a usedAttr) bool    { return !isKey(a) }
func named(a usedAttr) bool    { return a.some != "" }
func isRef(a usedAttr) bool    { return a.target != "" }
func noRef(a usedAttr) bool    { return a.target == "" && a.Type != engine.BytesKind }
func isText(a usedAttr) bool   { return a.Type == engine.StringKind }
func isClass(a usedAttr) bool  { return a.Type == engine.KeywordKind || a.Type == engine.BoolKind }
func isNumber(a usedAttr) bool { return a.Type >= engine.LongKind && a.Type <= engine.BigDecKind }
func varied(a usedAttr) bool   { return a.varied }
func single(a usedAttr) bool   { return !a.Many }
func isTime(a usedAttr) bool   { return a.Type == engine.InstantKind }

// besides tells the attributes of the same kind as a, but a.
func besides(a usedAttr) func(usedAttr) bool {
	return func(b usedAttr) bool { return b.kind == a.kind && b.ID != a.ID }
}

// ofKind tells the attributes of a kind.
func ofKind(kind string) func(usedAttr) bool {
	return func(a usedAttr) bool { return a.kind == kind }
}

// byKey looks up an entity and shows all of it.
func (p pool) byKey(yield func(string) bool) {
	for _, a := range slices.Concat(p.with(isKey, named), p.with(named, isText), p.with(named)) {
		if !yield(fmt.Sprintf("[:find ?a ?v :where [?e %s %s] [?e ?a ?v]]", a.text, a.some)) {
			return
		}
	}
}

// filter compares values.
func (p pool) filter(yield func(string) bool) {
	ordered := slices.Concat(p.with(isNumber, noKey, named), p.with(isTime, named), p.with(isNumber, named), p.with(isText, noKey, named), p.with(isText, named))
	for _, a := range ordered {
		if !yield(fmt.Sprintf("[:find ?e ?x :limit 5 :where [?e %s ?x] [(>= ?x %s)]]", a.text, a.some)) {
			return
		}
	}
	for _, a := range p.with(named, varied) {
		if !yield(fmt.Sprintf("[:find ?e ?x :limit 5 :where [?e %s ?x] [(not= ?x %s)]]", a.text, a.some)) {
			return
		}
	}
}

// join follows a reference to its target, or else brings two attributes of an entity together.
func (p pool) join(yield func(string) bool) {
	for _, ref := range p.with(isRef) {
		for _, a := range slices.Concat(p.with(ofKind(ref.target), noRef, noKey), p.with(ofKind(ref.target), noRef)) {
			if !yield(fmt.Sprintf("[:find ?x (count ?e) :limit 5 :where [?e %s ?r] [?r %s ?x]]", ref.text, a.text)) {
				return
			}
		}
	}
	for _, a := range p.with(noRef) {
		for _, b := range p.with(besides(a), noRef) {
			if !yield(fmt.Sprintf("[:find ?x ?y :limit 5 :where [?e %s ?x] [?e %s ?y]]", a.text, b.text)) {
				return
			}
		}
	}
}

// group counts by what many entities are likely to share.
func (p pool) group(yield func(string) bool) {
	const largest = ":order-by [(count ?e) :desc] :limit 5"
	for _, g := range slices.Concat(p.with(isClass), p.with(isRef), p.with(isText, noKey), p.with(noKey, noRef), p.attrs) {
		for _, n := range p.with(besides(g), isNumber, noKey) {
			if !yield(fmt.Sprintf("[:find ?g (count ?e) (max ?n) "+largest+" :where [?e %s ?g] [?e %s ?n]]", g.text, n.text)) {
				return
			}
		}
		if !yield(fmt.Sprintf("[:find ?g (count ?e) "+largest+" :where [?e %s ?g]]", g.text)) {
			return
		}
	}
}

// not leaves out one value.
func (p pool) not(yield func(string) bool) {
	for _, a := range slices.Concat(p.with(isClass, varied, single, named), p.with(noKey, varied, single, named), p.with(varied, single, named)) {
		if !yield(fmt.Sprintf("[:find (count ?e) . :where [?e %s] (not [?e %[1]s %s])]", a.text, a.some)) {
			return
		}
	}
}

// or takes what has one value or another, its own or that of what it refers to.
func (p pool) or(yield func(string) bool) {
	for _, ref := range p.with(isRef) {
		for _, a := range p.with(ofKind(ref.target), noKey, named) {
			for _, b := range p.with(besides(ref), noKey, named) {
				if !yield(fmt.Sprintf("[:find (count ?e) . :where (or-join [?e] [?e %s %s] (and [?e %s ?r] [?r %s %s]))]", b.text, b.some, ref.text, a.text, a.some)) {
					return
				}
			}
		}
	}
	for _, a := range slices.Concat(p.with(noKey, named), p.with(named)) {
		for _, b := range p.with(besides(a), named) {
			if !yield(fmt.Sprintf("[:find (count ?e) . :where (or [?e %s %s] [?e %s %s])]", a.text, a.some, b.text, b.some)) {
				return
			}
		}
	}
}

// pull reads an entity as a tree, with what it refers to.
func (p pool) pull(yield func(string) bool) {
	for _, a := range slices.Concat(p.with(isKey, named), p.with(isText, named), p.with(named)) {
		for _, ref := range p.with(besides(a), isRef) {
			if !yield(fmt.Sprintf("[:find (pull ?e [* {%s [*]}]) . :where [?e %s %s]]", ref.text, a.text, a.some)) {
				return
			}
		}
	}
	for _, a := range slices.Concat(p.with(isKey, named), p.with(named)) {
		if !yield(fmt.Sprintf("[:find (pull ?e [*]) . :where [?e %s %s]]", a.text, a.some)) {
			return
		}
	}
}

// past tells what was added and retracted, and when, the newest first.
func (p pool) past(yield func(string) bool) {
	for _, a := range slices.Concat(p.with(noKey, isNumber), p.with(noKey, isClass), p.with(noKey, isText), p.with(noKey), p.attrs) {
		if !yield(fmt.Sprintf(`{:query [:find ?at ?x ?added :order-by [?at :desc] :limit 5 :where [?e %s ?x ?tx ?added] [?tx :db/txInstant ?at]] :sources {$ "history"}}`, a.text)) {
			return
		}
	}
}
