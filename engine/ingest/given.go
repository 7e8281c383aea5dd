package ingest

import (
	"fmt"
	"strings"
)

// given is what an option says of a column.
type given struct {
	option string // "key", "ref", "type"
	text   string // as it was written
	left   string // the column, or the columns of a key
	value  string
	used   bool
}

// parseGiven reads COLUMN=VALUE options.
func parseGiven(name, option string, texts []string) (all []*given, err error) {
	for _, text := range texts {
		i := strings.LastIndexByte(text, '=')
		if i < 1 || i == len(text)-1 {
			return nil, &Error{Path: name, Msg: fmt.Sprintf("--%s %s has no =", option, text), Hint: "write --" + option + " " + givenShapes[option]}
		}
		all = append(all, &given{option: option, text: text, left: text[:i], value: strings.TrimPrefix(text[i+1:], ":")})
	}
	return all, nil
}

var givenShapes = map[string]string{"ref": "COLUMN=KIND/KEY", "type": "COLUMN=TYPE"}

// find is the option for a column; nil if there is none.
func find(all []*given, c *column) *given {
	for _, g := range all {
		if c.called(g.left, true) {
			g.used = true
			return g
		}
	}
	return nil
}

// called tells whether name means the column: its name, that of its attribute or,
// where kinds may be named, either with the kind before it.
func (c *column) called(name string, withKind bool) bool {
	if name == c.name || name == c.short || name == c.ident {
		return true
	}
	rest, ok := strings.CutPrefix(name, c.table.kind+"/")
	return withKind && ok && (rest == c.name || rest == c.short)
}

// keyColumns are the columns of the first of the given keys that is t's; nil if
// none is. A key without the kind is not for nested tables.
func keyColumns(all []*given, t *table) []*column {
	for _, g := range all {
		left, qualified := strings.CutPrefix(g.left, t.kind+"/")
		if t.nested && !qualified {
			continue
		}
		if cols := t.named(strings.Split(left, ",")); cols != nil {
			g.used = true
			return cols
		}
	}
	return nil
}

// named finds columns; nil unless all are there.
func (t *table) named(names []string) (cols []*column) {
	for _, name := range names {
		i := len(cols)
		for _, c := range t.cols {
			if c.called(strings.TrimSpace(name), false) {
				cols = append(cols, c)
				break
			}
		}
		if len(cols) == i {
			return nil
		}
	}
	return cols
}

// checkUsed refuses options for columns that are not there.
func (p *tables) checkUsed() error {
	for _, all := range [][]*given{p.keys, p.refs, p.types} {
		for _, g := range all {
			if !g.used {
				return p.unused(g)
			}
		}
	}
	return nil
}

func (p *tables) unused(g *given) error {
	for _, t := range p.list {
		if g.option == "key" && t.named(strings.Split(strings.TrimPrefix(g.left, t.kind+"/"), ",")) != nil {
			return &Error{Path: p.in.name, Msg: fmt.Sprintf("--key %s: the first row of %s does not have it", g.text, t.kind), Hint: "a key is in every row; for rows inside of others write --key KIND/COLUMN"}
		}
	}
	return &Error{Path: p.in.name, Msg: fmt.Sprintf("--%s %s: there is no column %s", g.option, g.text, g.left), Hint: "columns are " + p.columnNames()}
}

// columnNames lists the columns for a hint.
func (p *tables) columnNames() string {
	var names []string
	for _, t := range p.list {
		for _, c := range t.cols {
			if len(p.list) > 1 {
				names = append(names, t.kind+"/"+c.name)
			} else {
				names = append(names, c.name)
			}
		}
	}
	if len(names) > 30 {
		names = append(names[:30], "…")
	}
	return strings.Join(names, ", ")
}
