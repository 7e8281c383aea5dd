package logic

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// checkPulls checks what is pulled, and that it is from a database.
func (b *builder) checkPulls() error {
	for _, e := range b.program.Query.Find {
		if !e.Pull {
			continue
		}
		s := b.program.Sources[e.Source]
		if !s.Input.IsDB {
			return lang.Refuse(lang.BadInput, e.Pos, "pull asks a database, and %s is a collection", e.Source)
		}
		if e.Tree == nil {
			continue
		}
		if err := CheckPull(s, e.Tree); err != nil {
			return err
		}
	}
	return nil
}

// CheckPull refuses attributes that do not exist, and patterns under attributes that are no refs.
func CheckPull(s *Source, p *lang.PullPattern) error {
	for _, spec := range p.Specs {
		if spec.Attr.Is(":db/id") {
			continue
		}
		a, err := s.Attribute(spec.Attr)
		if err != nil {
			return err
		}
		if nests := spec.Sub != nil || spec.Recursive || spec.Reverse; a != nil && nests && a.Type != engine.RefKind && a.Type != engine.NilKind {
			return lang.Refuse(lang.BadPattern, spec.Pos, "%v is no ref, so nothing lies behind it", spec.Attr)
		}
		if spec.Sub != nil {
			if err := CheckPull(s, spec.Sub); err != nil {
				return err
			}
		}
	}
	return nil
}
