package main

import (
	"github.com/wbrown/janus-datalog/datalog"
	"github.com/wbrown/janus-datalog/datalog/executor"
	janusql "github.com/wbrown/janus-datalog/datalog/query"
)

// janusMatcher has janus-datalog's index in memory use the best of its maps. By itself it looks up an entity and an
// attribute where it keeps one value of many, and scans an attribute for a value. It does neither for an attribute
// that is given as a string, which matches all the same.
type janusMatcher struct {
	*executor.IndexedMemoryMatcher
}

func (m janusMatcher) Match(p *janusql.DataPattern, known executor.Relations) (executor.Relation, error) {
	return m.IndexedMemoryMatcher.Match(withoutAttribute(p, known), known)
}

func (m janusMatcher) MatchWithConstraints(p *janusql.DataPattern, known executor.Relations, constraints []executor.StorageConstraint) (executor.Relation, error) {
	return m.IndexedMemoryMatcher.MatchWithConstraints(withoutAttribute(p, known), known, constraints)
}

// withoutAttribute has the attribute as a string if the entity or the value is known when p is matched.
func withoutAttribute(p *janusql.DataPattern, known executor.Relations) *janusql.DataPattern {
	from := known.FindBestForPattern(p)
	isKnown := func(element janusql.PatternElement) bool {
		switch e := element.(type) {
		case janusql.Constant:
			return true
		case janusql.Variable:
			return from != nil && executor.ColumnIndex(from, e.Name) >= 0
		}
		return false
	}
	c, _ := p.GetA().(janusql.Constant)
	attr, ok := c.Value.(datalog.Keyword)
	if !ok || !isKnown(p.GetE()) && !isKnown(p.GetV()) {
		return p
	}
	elements := append([]janusql.PatternElement(nil), p.Elements...)
	elements[1] = janusql.Constant{Value: attr.String()}
	return &janusql.DataPattern{Elements: elements}
}
