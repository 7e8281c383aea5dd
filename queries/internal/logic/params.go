package logic

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

// param is what a parameter of a rule stands for: entities and attributes of these sources.
type param struct{ entities, attributes map[*Source]bool }

// findParams finds out, for every rule and source that it may be called with, what the parameters stand for.
func (b *builder) findParams() {
	b.params = map[instance][]param{}
	for _, s := range b.program.Sources {
		for name, r := range b.rules {
			params := make([]param, r.Arity)
			for i := range params {
				params[i] = param{map[*Source]bool{}, map[*Source]bool{}}
			}
			b.params[instance{name, s}] = params
		}
	}
	for changed := true; changed; {
		changed = false
		for of, params := range b.params {
			for _, br := range b.rules[of.name].Branches {
				changed = b.markParams(of.source, br, params) || changed
			}
		}
	}
}

func (b *builder) markParams(s *Source, br lang.Branch, params []param) (changed bool) {
	u := uses{scope: &scope{b: b, source: s}}
	u.walk(br.Body, nil)
	mark := func(found []place, of func(param) map[*Source]bool) {
		for _, p := range found {
			if i := slices.Index(br.Head, p.v); i >= 0 && !of(params[i])[p.s] {
				of(params[i])[p.s], changed = true, true
			}
		}
	}
	mark(u.entities, func(p param) map[*Source]bool { return p.entities })
	mark(u.attributes, func(p param) map[*Source]bool { return p.attributes })
	return changed
}

// firstOf is the source with the least name, nil when there is none.
func firstOf(set map[*Source]bool) *Source {
	for _, s := range byName(set) {
		return s
	}
	return nil
}

func byName(set map[*Source]bool) []*Source {
	return slices.SortedFunc(maps.Keys(set), func(a, b *Source) int { return cmp.Compare(a.Name, b.Name) })
}
