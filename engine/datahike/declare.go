package datahike

import (
	"cmp"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// declarations takes the new attributes out of the list: a map each, by number, so that dhfs numbers them in the same order.
func (c *converter) declarations(list *[]said) (forms []edn.Value) {
	about := map[int64][]said{}
	var order []int64
	for _, s := range *list {
		_, known := c.attrs[s.E]
		if definesAttribute[s.ident] && s.Added && !known && about[s.E] == nil {
			about[s.E] = []said{}
			order = append(order, s.E)
		}
	}
	*list = slices.DeleteFunc(*list, func(s said) bool {
		of, ok := about[s.E]
		if ok && s.Added {
			about[s.E] = append(of, s)
		}
		return ok
	})
	slices.SortFunc(order, cmp.Compare)
	for _, e := range order {
		var pairs []edn.Value
		for _, s := range about[e] {
			pairs = append(pairs, edn.MakeKeyword(s.ident), s.value)
			if s.ident == "db/ident" {
				c.attrs[e] = s.value.Text()
			}
		}
		forms = append(forms, edn.MakeMap(pairs...))
	}
	return forms
}

// sorted is a value whose sets and maps have an order of their own, so that equal ones are the same text.
func sorted(v edn.Value) edn.Value {
	items := make([]edn.Value, len(v.Items()))
	for i, item := range v.Items() {
		items[i] = sorted(item)
	}
	switch v.Kind() {
	case edn.Vector:
		return edn.MakeVector(items...)
	case edn.Set:
		slices.SortFunc(items, edn.Compare)
		return edn.MakeSet(items...)
	case edn.Map:
		pairs := slices.Collect(slices.Chunk(items, 2))
		slices.SortFunc(pairs, func(x, y []edn.Value) int { return edn.Compare(x[0], y[0]) })
		return edn.MakeMap(slices.Concat(pairs...)...)
	}
	return v
}
