package datahike

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/ipfs/go-cid"
)

// Checked is what was compared of a branch.
type Checked struct {
	Attributes []CheckedAttribute
}

// CheckedAttribute is how many datoms an attribute has in the history, in the store as in dhfs.
type CheckedAttribute struct {
	Ident  string
	Datoms int64
}

// sum is how many datoms there are of an attribute, and what they are, in any order.
type sum struct {
	n    int64
	hash [4]uint64
}

func (s *sum) add(line []byte) {
	h := sha256.Sum256(line)
	for i := range s.hash {
		s.hash[i] += binary.BigEndian.Uint64(h[8*i:])
	}
	s.n++
}

// sums are those of a database, by attribute.
type sums map[string]*sum

func (s sums) add(e, ident string, v edn.Value, t int64, added bool) {
	of := s[ident]
	if of == nil {
		of = &sum{}
		s[ident] = of
	}
	of.add(fmt.Appendf(nil, "%s %s %d %t", e, v, t, added))
}

// compare compares a branch with the store, with all its past, and fails at the first attribute that differs.
func (im *importer) compare(branch, name string, at cid.Cid) error {
	head, err := im.src.Head(im.ctx, branch)
	if err != nil {
		return err
	}
	want, err := im.storeSums(head)
	if err != nil {
		return err
	}
	db, err := engine.Open(im.ctx, im.dst, at)
	if err != nil {
		return err
	}
	schema, err := head.Schema(im.ctx)
	if err != nil {
		return err
	}
	got, err := im.dhfsSums(db, schema.attributes())
	if err != nil {
		return err
	}
	for ident, w := range want {
		g := got[ident]
		if g == nil {
			g = &sum{}
		}
		if *g != *w {
			return &DifferentError{Ident: ident, Store: w.n, Imported: g.n}
		}
	}
	for ident, g := range got {
		if want[ident] == nil {
			return &DifferentError{Ident: ident, Imported: g.n}
		}
	}
	now, _, err := db.Count(im.ctx, engine.Pattern{})
	b := ImportedBranch{Name: name, Commit: at, T: db.T(), Datoms: int64(now)}
	for _, ident := range slices.Sorted(maps.Keys(want)) {
		b.Attributes = append(b.Attributes, CheckedAttribute{ident, want[ident].n})
	}
	im.out.Branches = append(im.out.Branches, b)
	sort.Slice(im.out.Branches, func(i, j int) bool { return im.out.Branches[i].Name < im.out.Branches[j].Name })
	return err
}

// DifferentError is an import that came out different from the store.
type DifferentError struct {
	Ident           string
	Store, Imported int64 // datoms, history included
}

// Error names the attribute.
func (e *DifferentError) Error() string {
	if e.Store == e.Imported {
		return fmt.Sprintf("attribute :%s has %d datoms, which are not those of the store", e.Ident, e.Store)
	}
	return fmt.Sprintf("attribute :%s has %d datoms, and %d in the store", e.Ident, e.Imported, e.Store)
}

// storeSums are those of what a commit of the store has a counterpart of.
func (im *importer) storeSums(c *Commit) (sums, error) {
	schema, err := c.Schema(im.ctx)
	if err != nil {
		return nil, err
	}
	conv := &converter{schema: schema, attrs: schema.attributes(), maxTx: c.MaxTx, notes: im.notes}
	all := sums{}
	for d, err := range c.History(im.ctx) {
		if err != nil {
			return nil, err
		}
		s, ok, err := conv.say(d)
		if err != nil {
			return nil, err
		}
		if ok && s.ident != "db/txInstant" { // which may be moved on
			all.add(conv.entity(d.E, 0).String(), s.ident, canonical(s.value), d.Tx-FirstTx, d.Added)
		}
	}
	return all, nil
}

// canonical makes numbers of all types that are equal look the same, as the type of an attribute decides it in dhfs.
func canonical(v edn.Value) edn.Value {
	switch v.Kind() {
	case edn.BigInt:
		if v.Big().IsInt64() {
			return edn.MakeInt(v.Big().Int64())
		}
	case edn.List, edn.Vector:
		items := make([]edn.Value, len(v.Items()))
		for i, item := range v.Items() {
			items[i] = canonical(item)
		}
		return edn.MakeVector(items...)
	}
	return v
}

// dhfsSums are those of a database, in the words of the store.
func (im *importer) dhfsSums(db engine.DB, declared map[int64]string) (sums, error) {
	all, known := sums{}, map[string]bool{}
	for _, ident := range declared {
		known[ident] = true
	}
	name := func(id engine.ID) edn.Value {
		if a, ok := db.Schema().ByID(id); ok {
			return edn.MakeKeyword(a.Ident)
		}
		return edn.MakeInt(int64(id))
	}
	for d, err := range db.History().Match(im.ctx, engine.Pattern{}) {
		if err != nil {
			return nil, err
		}
		a, ok := db.Schema().ByID(d.A)
		if !ok {
			return nil, fmt.Errorf("attribute %d is not in the schema", d.A)
		}
		of, isAttr := db.Schema().ByID(d.E)
		if a.Ident == "db/txInstant" || isAttr && !known[of.Ident] {
			continue
		}
		v := engine.ToEDN(d.V)
		if d.V.Kind() == engine.RefKind {
			v = name(d.V.Ref())
		}
		all.add(name(d.E).String(), a.Ident, canonical(v), int64(d.T), d.Added)
	}
	return all, nil
}

// attributes are the attributes that the schema declares, by their entity.
func (s *Schema) attributes() map[int64]string {
	attrs := map[int64]string{}
	for e, ident := range s.idents {
		said := s.attrs[ident]
		for i := 0; i+1 < len(said); i += 2 {
			if k, ok := said[i].(fressian.Keyword); ok && definesAttribute[string(k)] {
				attrs[e] = ident
			}
		}
		if strings.HasPrefix(ident, "db/") {
			attrs[e] = ident
		}
	}
	return attrs
}
