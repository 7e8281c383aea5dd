package queries_test

import (
	"fmt"
	"slices"
	"strings"
)

// options is what stands around the clauses: what is found, in which shape and order.
func (q *asker) find() (find, after string) {
	all := slices.Clone(q.bound)
	if len(all) == 0 {
		return "?a", ""
	}
	q.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	n := 1 + q.IntN(min(3, len(all)))
	elements := make([]string, n)
	grouped := q.chance(45)
	for i, v := range all[:n] {
		elements[i] = v
		if grouped && (i == n-1 || q.chance(50)) {
			elements[i] = q.aggregate(v)
		} else if q.kinds[v] == "ref" && q.chance(8) {
			elements[i] = fmt.Sprintf("(pull %s %s)", v, q.pullPattern())
		}
	}
	if grouped && q.chance(30) {
		elements = append(elements, q.aggregate(pickOf(q.writer, all)))
	}
	if rest := all[n:]; len(rest) > 0 && (grouped && q.chance(50) || q.chance(5)) {
		rest = without(rest, strings.FieldsFunc(words(elements...), func(r rune) bool { return strings.ContainsRune(" ()", r) }))
		after += " :with " + words(rest[:min(len(rest), 1+q.IntN(2))]...)
		if strings.HasSuffix(after, ":with ") {
			after = ""
		}
	}
	find = q.shape(elements)
	if find == words(elements...) && n > 1 && q.chance(10) {
		after += fmt.Sprintf(" :%s %s", q.pick("keys", "strs", "syms"), words([]string{"one", "two", "three", "four"}[:len(elements)]...))
	}
	return find, after + q.options(elements, grouped)
}

func (q *asker) shape(elements []string) string {
	switch q.pick("rel", "rel", "rel", "rel", "rel", "coll", "tuple", "scalar") {
	case "coll":
		if len(elements) == 1 {
			return "[" + elements[0] + " ...]"
		}
	case "tuple":
		return "[" + words(elements...) + "]"
	case "scalar":
		if len(elements) == 1 {
			return elements[0] + " ."
		}
	}
	return words(elements...)
}

func (q *asker) options(elements []string, grouped bool) (text string) {
	if grouped && q.chance(15) {
		text += fmt.Sprintf(" :having [(%s (count %s) %s)]", q.pick(">", "<", "=", ">="), q.pick(q.bound...), q.pick("1", "2", "3"))
	}
	if q.chance(15) {
		text += " :order-by ["
		for range 1 + q.IntN(2) {
			text += fmt.Sprintf("%d %s ", q.IntN(len(elements)), q.pick(":asc", ":desc"))
		}
		text += "]"
	}
	if q.chance(8) {
		text += " :limit " + q.pick("0", "1", "2", "5")
	}
	if q.chance(5) {
		text += " :offset " + q.pick("1", "3")
	}
	return text
}

func (q *asker) aggregate(v string) string {
	names := []string{"count", "count", "count", "count", "count-distinct", "distinct", "min", "max", "min 2", "max 2"}
	if q.numeric(v) {
		names = append(names, "sum", "sum", "avg", "variance", "stddev", "median")
	}
	return fmt.Sprintf("(%s %s)", q.pick(names...), v)
}

func (q *asker) pullPattern() string {
	a, b := pickOf(q.writer, q.here.attrs).ident, pickOf(q.writer, q.here.attrs).ident
	return q.pick("[*]", "["+a+"]", "["+a+" "+b+"]", "[:b/n {:b/r [:b/n :b/u]}]", "[{:b/o 3} "+a+"]", "[{:b/l ...}]",
		"[:b/_r]", "[(:b/m :limit 1) {:b/_o [:db/id]}]", "[("+a+" :default 0)]", "[(:b/n :as :no)]")
}
