package lang

import (
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// PullPattern says what to read of an entity.
type PullPattern struct {
	Wildcard bool
	Specs    []PullSpec
}

// PullSpec is one attribute of a pull pattern.
type PullSpec struct {
	Pos       edn.Pos
	Attr      edn.Value // a keyword; the attribute itself when Reverse
	Reverse   bool      // :ns/_attr: who points here
	As        edn.Value // the key in the result
	Limit     int       // -1: all
	Default   edn.Value // nil: none
	Xform     *fn.Func
	Sub       *PullPattern // nil: plain
	Recursive bool         // the pattern that the spec stands in again
	Depth     int          // of the recursion, -1: no end
}

// defaultPullLimit is how many values of an attribute are pulled unless the pattern says otherwise.
const defaultPullLimit = 1000

// ParsePull reads a pull pattern, or the text of one.
func ParsePull(form edn.Value) (*PullPattern, error) {
	if form.Kind() == edn.String {
		inner, err := edn.ParseSource(form.Text())
		if err != nil {
			return nil, syntaxError(err)
		}
		form = inner
	}
	if form.Kind() != edn.Vector && form.Kind() != edn.List || len(form.Items()) == 0 {
		return nil, badPattern(form, "%v is no pull pattern", form).Try("[*] or [:some/attribute {:some/ref [:its/attribute]}]")
	}
	p := &PullPattern{}
	for _, item := range form.Items() {
		if item.Is("*") || item.Is(":*") || item.Kind() == edn.String && item.Text() == "*" {
			p.Wildcard = true
			continue
		}
		if item.Kind() == edn.Map {
			if err := p.addMap(item); err != nil {
				return nil, err
			}
			continue
		}
		spec, err := parseSpec(item)
		if err != nil {
			return nil, err
		}
		p.Specs = append(p.Specs, spec)
	}
	return p, nil
}

// Names tells whether the pattern asks for an attribute by its name.
func (p *PullPattern) Names(attr edn.Value) bool {
	return slices.ContainsFunc(p.Specs, func(s PullSpec) bool { return !s.Reverse && edn.Equal(s.Attr, attr) })
}

func badPattern(form edn.Value, format string, args ...any) *Error {
	return Refuse(BadPattern, form.Pos(), format, args...)
}

// addMap reads {attribute pattern}, {attribute 3} and {attribute ...}.
func (p *PullPattern) addMap(form edn.Value) error {
	for pairs := form.Items(); len(pairs) > 1; pairs = pairs[2:] {
		spec, err := parseSpec(pairs[0])
		if err != nil {
			return err
		}
		switch v := pairs[1]; {
		case v.Is("...") || v.Kind() == edn.String && v.Text() == "...":
			spec.Recursive, spec.Depth = true, -1
		case v.Kind() == edn.Int && v.Int() > 0 && v.Int() <= 1<<31-1:
			spec.Recursive, spec.Depth = true, int(v.Int())
		case v.Kind() == edn.Vector || v.Kind() == edn.List:
			if spec.Sub, err = ParsePull(v); err != nil {
				return err
			}
		default:
			return badPattern(v, "%v says nothing of what to pull", v).Try("a pattern, a number of levels, or ...")
		}
		p.Specs = append(p.Specs, spec)
	}
	return nil
}

// parseSpec reads an attribute alone, (:attr :option value …), (limit :attr n) or (default :attr v).
func parseSpec(form edn.Value) (PullSpec, error) {
	items := form.Items()
	switch {
	case form.Kind() == edn.Keyword:
		return attributeSpec(form), nil
	case form.Kind() == edn.Symbol || form.Kind() == edn.String:
		return PullSpec{}, badPattern(form, "%v is no attribute", form).Try("attributes are keywords: :%s", form.Text())
	case form.Kind() != edn.List && form.Kind() != edn.Vector || len(items) == 0:
		return PullSpec{}, badPattern(form, "%v is no attribute", form)
	case len(items) == 3 && isWrapper(items[0]) && items[1].Kind() == edn.Keyword:
		spec := attributeSpec(items[1])
		return spec, spec.option(edn.MakeKeyword(items[0].Text()).At(items[0].Pos()), items[2])
	case items[0].Kind() != edn.Keyword || len(items)%2 == 0:
		return PullSpec{}, badPattern(form, "%v is no attribute with options", form).Try("(:some/attribute :limit 10 :default 0 :as :name)")
	}
	spec := attributeSpec(items[0])
	for opts := items[1:]; len(opts) > 1; opts = opts[2:] {
		if err := spec.option(opts[0], opts[1]); err != nil {
			return spec, err
		}
	}
	return spec, nil
}

// isWrapper tells the first word of (limit :attr n) and (default :attr v), which may be a string.
func isWrapper(v edn.Value) bool {
	return (v.Kind() == edn.Symbol || v.Kind() == edn.String) && (v.Text() == "limit" || v.Text() == "default")
}

func attributeSpec(form edn.Value) PullSpec {
	attr, reverse := ReverseAttr(form)
	return PullSpec{Pos: form.Pos(), Attr: attr, Reverse: reverse, As: edn.MakeKeyword(form.Text()), Limit: defaultPullLimit}
}

// ReverseAttr tells :ns/_attr, which asks who points here, and is the attribute itself then.
func ReverseAttr(form edn.Value) (attr edn.Value, reverse bool) {
	ns, name, ok := strings.Cut(form.Text(), "/")
	if !ok {
		ns, name = "", form.Text()
	}
	if form.Kind() != edn.Keyword || !strings.HasPrefix(name, "_") || len(name) == 1 {
		return form, false
	}
	if ok {
		ns += "/"
	}
	return edn.MakeKeyword(ns + name[1:]).At(form.Pos()), true
}

func (s *PullSpec) option(name, v edn.Value) error {
	switch {
	case name.Is(":as"):
		s.As = v
	case name.Is(":default"):
		s.Default = v
	case name.Is(":limit") && v.IsNil():
		s.Limit = -1
	case name.Is(":limit"):
		if v.Kind() != edn.Int || v.Int() < 1 || v.Int() > 1<<31-1 {
			return badPattern(v, ":limit wants a positive number or nil, not %v", v)
		}
		s.Limit = int(v.Int())
	case name.Is(":xform"):
		f, err := findFunc(v)
		if err != nil {
			return err
		}
		if f.Kind != fn.Pure || f.Min > 1 || f.Max == 0 {
			return badPattern(v, ":xform wants a function of one value, and %s is none", f.Name)
		}
		s.Xform = f
	default:
		return badPattern(name, "%v is no option of an attribute", name).Try(":limit, :default, :as or :xform").
			maybeKeyword(name, []string{"limit", "default", "as", "xform"})
	}
	return nil
}
