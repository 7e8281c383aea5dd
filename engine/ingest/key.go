package ingest

import (
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// key is how the rows of a table are identified.
type key struct {
	how   keyKind
	cols  []*column // of columnKey and compositeKey
	ident string    // of the identity
	short string    // its name in the kind's namespace
	why   string
	set   *keySet // the keys of columnKey; nil where they were not kept
}

type keyKind uint8

const (
	columnKey    keyKind = iota // by a column
	compositeKey                // by several columns, as a composite tuple
	rowKey                      // by the number of the row, in an attribute of its own
	pathKey                     // a nested row by the key of the row around it, in an attribute of its own
)

// candidate is a column, or several, that may be the key: it is while it is
// in every row and never the same.
type candidate struct {
	cols  []*column
	why   string
	given bool // what is wrong with it is the user's error
	out   bool // it is not the key
	set   keySet
}

// beginKeys chooses the candidates from the columns of the first row: what is
// given, or what the database has as an identity, or else what is named like a key, or
// all ids together.
func (t *table) beginKeys(r row) error {
	if cols := keyColumns(t.tables.keys, t); cols != nil {
		t.candidates = []*candidate{{cols: cols, given: true, why: "given"}}
	} else if c := t.identified(r); c != nil {
		t.candidates = []*candidate{{cols: []*column{c}, given: true, why: "the identity in the database"}}
	} else if !t.nested { // what is unique inside of one row may not be so in others
		t.inferKeys(r)
	}
	for _, k := range t.candidates {
		for _, c := range k.cols {
			c.part = true
		}
	}
	return nil
}

// identified is the column that is the kind's identity in the database.
func (t *table) identified(r row) *column {
	for _, c := range r.cells {
		if a := c.col.attr; a != nil && a.Unique == engine.UniqueIdentity && c.v.Kind() != edn.Map {
			return c.col
		}
	}
	return nil
}

func (t *table) inferKeys(r row) {
	var ids []*column
	for _, c := range r.cells {
		if c.v.Kind() == edn.Map || c.v.Kind() == edn.Vector {
			continue
		}
		if isKeyName(c.col.short, t.kind) {
			t.candidates = append(t.candidates, &candidate{cols: []*column{c.col}, why: "by its name"})
		}
		if looksLikeID(c.col.short) {
			ids = append(ids, c.col)
		}
	}
	if len(ids) > 1 && len(ids) <= maxComposite {
		t.candidates = append(t.candidates, &candidate{cols: ids, why: "no column alone is unique"})
	}
}

// maxComposite is how many columns a composite key may have.
const maxComposite = 8

// observeKeys checks the candidates against a row whose cells were observed.
func (t *table) observeKeys(r row) error {
	for _, k := range t.candidates {
		if k.out {
			continue
		}
		text, missing := t.keyText(k.cols)
		seen := missing == nil && k.set.add(text)
		if missing == nil && !seen {
			continue
		}
		k.out, k.set = true, keySet{}
		if !k.given {
			continue
		}
		if missing != nil {
			return t.wrong(r.at, "fill it in, or choose another key with --key", "the key %s is missing", missing.name)
		}
		return t.wrong(r.at, "choose a key that is unique, or several columns together: --key a,b", "the key %s is %s a second time", names(k.cols), text)
	}
	return nil
}

// keyText is what the row under observation has in cols, or the first of them that is empty.
func (t *table) keyText(cols []*column) (text string, missing *column) {
	parts := make([]string, len(cols))
	for i, c := range cols {
		if c.row != t.rows || c.value == "" {
			return "", c
		}
		parts[i] = c.value
	}
	return joinKey(parts), nil
}

// joinKey makes one text of the parts of a key, a different one for different parts.
func joinKey(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = strings.NewReplacer("%", "%25", "+", "%2B").Replace(part)
	}
	return strings.Join(escaped, "+")
}

// chooseKey decides after the first pass.
func (t *table) chooseKey() error {
	for _, c := range t.cols {
		c.part = false
	}
	for _, k := range t.candidates {
		for _, c := range k.cols {
			k.out = k.out || c.many || c.child != nil
		}
		if k.out || k.set.full && !k.given {
			continue
		}
		t.key = key{how: columnKey, cols: k.cols, ident: k.cols[0].ident, short: k.cols[0].short, why: k.why}
		if len(k.cols) > 1 {
			t.key.how, t.key.short = compositeKey, strings.Join(shorts(k.cols), "+")
			t.key.ident = t.kind + "/" + t.key.short
		} else if !k.set.full {
			t.key.set = &k.set
		}
		for _, c := range k.cols {
			c.part = true
		}
		t.candidates = nil
		return t.checkKey()
	}
	t.candidates = nil
	t.key = key{how: rowKey, short: t.freeName("row"), why: "no column is named like a key and unique"}
	if t.nested {
		t.key = key{how: pathKey, short: t.freeName("path"), why: "the key of the row around it"}
	}
	t.key.ident = t.kind + "/" + t.key.short
	return t.checkKey()
}

// checkKey makes sure that the database takes the identity, and that row numbers are those of the same file.
func (t *table) checkKey() error {
	s := t.tables.o.Schema
	if s == nil {
		return nil
	}
	a, ok := s.ByIdent(t.key.ident)
	if !ok {
		return nil
	}
	if a.Unique != engine.UniqueIdentity {
		return t.wrong(edn.Pos{}, "choose another key with --key, or make it one: [{:db/ident :"+a.Ident+" :db/unique :db.unique/identity}]", "the key :%s is not a unique identity in the database", a.Ident)
	}
	if t.key.how == rowKey && a.Doc != t.rowDoc() {
		return t.wrong(edn.Pos{}, "choose a key with --key, or another kind with --as", "rows without a key would replace those that :%s counts already (%s)", a.Ident, a.Doc)
	}
	return nil
}

// rowDoc tells whose rows an attribute of row numbers counts.
func (t *table) rowDoc() string { return "The number of the row in " + filepath.Base(t.tables.in.name) }

// freeName is name, or with a number, such that no column is called so.
func (t *table) freeName(name string) string {
	for free := name; ; free += "-2" {
		if _, taken := t.byIdent[t.kind+"/"+free]; !taken {
			return free
		}
	}
}

func names(cols []*column) string {
	all := make([]string, len(cols))
	for i, c := range cols {
		all[i] = c.name
	}
	return strings.Join(all, ", ")
}

func shorts(cols []*column) []string {
	all := make([]string, len(cols))
	for i, c := range cols {
		all[i] = c.short
	}
	return all
}
