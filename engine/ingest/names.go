package ingest

import (
	"strings"
	"unicode"

	"github.com/dhfs/dhfs/engine"
)

// cleanName makes text part of a keyword: characters that it should not have become hyphens. It
// is "" when nothing is left.
func cleanName(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range s {
		if !inName(c) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(c)
	}
	return strings.Trim(strings.TrimLeft(b.String(), "_-"), "-")
}

func inName(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || strings.ContainsRune("_-.+*?!", c)
}

// heading is what the name of a column says: the attribute, as ident or as the name in the kind's
// namespace, and perhaps its type.
type heading struct {
	space, name string
	kind        engine.Kind
}

// parseHeading reads "name", "space/name" and "name:type". A name without usable characters is "".
func parseHeading(s string) heading {
	var h heading
	s = strings.TrimPrefix(strings.TrimSpace(s), ":")
	if name, kind, ok := strings.Cut(s, ":"); ok {
		if k, known := headingKind(kind); known {
			s, h.kind = name, k
		}
	}
	if space, name, ok := strings.Cut(s, "/"); ok && cleanName(space) == space && cleanName(name) == name && space != "" && name != "" {
		h.space, h.name = space, name
		return h
	}
	h.name = cleanName(s)
	return h
}

// headingKind is the type that graph databases write behind names. Their float is our double.
func headingKind(name string) (engine.Kind, bool) {
	if strings.EqualFold(name, "float") {
		return engine.DoubleKind, true
	}
	return kindNamed(name)
}

// isKeyName tells whether a column with that name is likely the key of rows of that kind:
// id, or customerID and customer_id in customers.
func isKeyName(name, kind string) bool {
	name = letters(name)
	if name == "id" || name == "uuid" {
		return true
	}
	for _, k := range singulars(letters(lastPart(kind))) {
		if name == k+"id" || name == k+"uuid" {
			return true
		}
	}
	return false
}

func lastPart(kind string) string { return kind[strings.LastIndexByte(kind, '.')+1:] }

// letters drops all but letters and digits, and case.
func letters(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
}

// singulars are what a noun may be the plural of, itself included.
func singulars(noun string) []string {
	all := []string{noun}
	if s, ok := strings.CutSuffix(noun, "s"); ok {
		all = append(all, s)
		if s, ok := strings.CutSuffix(s, "e"); ok {
			all = append(all, s)
			if s, ok := strings.CutSuffix(s, "i"); ok {
				all = append(all, s+"y")
			}
		}
	}
	return all
}

// looksLikeID tells whether a column's name ends in an id of its own: ID, Id, _id, -id, id.
func looksLikeID(name string) bool {
	for _, ending := range []string{"ID", "Id", "_id", "-id"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return strings.EqualFold(name, "id")
}
