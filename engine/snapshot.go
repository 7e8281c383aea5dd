package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// A snapshot is a map {v, eavt, attrs, names, params, options}: FORMAT.md,
// "Snapshot". It depends on nothing but the datoms and the options.

// formatVersion is the version of all blocks of this package.
const formatVersion = 1

// Parameters of the trees. A snapshot with others cannot be edited by this version, nor read.
const (
	paramKeys  = 1
	paramSplit = "xxh3/1024/4096/10240"
)

// appendSnapshot writes the snapshot of s.
func (s *state) appendSnapshot(dst []byte) ([]byte, error) {
	if s.late != nil {
		return nil, errPutOff
	}
	var w rootWriter
	dst = dagcbor.AppendMap(dst, 6)
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "v"), formatVersion)
	dst = dagcbor.AppendText(dst, "eavt")
	dst = w.pair(dagcbor.AppendArray(dst, 4), s.trees.eavt)
	dst = s.appendAttrs(dagcbor.AppendText(dst, "attrs"), &w)
	dst = dagcbor.AppendArray(dagcbor.AppendText(dst, "names"), len(s.trees.names))
	for _, k := range s.trees.names {
		dst = dagcbor.AppendText(dagcbor.AppendArray(dst, 4), k.kind)
		dst = dagcbor.AppendUint(w.tree(dst, k.tree), k.newest)
	}
	dst = dagcbor.AppendMap(dagcbor.AppendText(dst, "params"), 2)
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "keys"), paramKeys)
	dst = dagcbor.AppendText(dagcbor.AppendText(dst, "split"), paramSplit)
	dst = dagcbor.AppendArray(dagcbor.AppendText(dst, "options"), 2)
	return dagcbor.AppendBool(dagcbor.AppendBool(dst, s.opts.SchemaOnRead), s.opts.NoHistory), w.err
}

// appendAttrs writes [id, definition, [AEVT], [AVET]] for every attribute that
// the user defined or that has datoms.
func (s *state) appendAttrs(dst []byte, w *rootWriter) []byte {
	rows := slices.Clone(s.trees.attrs)
	defined := map[ID]*Attribute{}
	for a := range s.schema.Attributes() {
		defined[a.ID] = a
		if _, ok := s.trees.findAttr(a.ID); !ok {
			rows = append(rows, attrTrees{id: a.ID})
		}
	}
	slices.SortFunc(rows, func(a, b attrTrees) int { return compareAttrs(a.id, b.id) })
	dst = dagcbor.AppendArray(dst, len(rows))
	for _, row := range rows {
		dst = dagcbor.AppendUint(dagcbor.AppendArray(dst, 4), uint64(row.id-dbPart))
		if a := defined[row.id]; a != nil {
			dst = appendAttribute(dst, a)
		} else {
			dst = dagcbor.AppendNull(dst)
		}
		dst = w.pair(dagcbor.AppendArray(dst, 4), row.aevt)
		dst = w.pair(dagcbor.AppendArray(dst, 4), row.avet)
	}
	return dst
}

// rootWriter writes roots of trees. The first error stays.
type rootWriter struct{ err error }

// pair writes four items: the root and the size of what is now, and of what was.
func (w *rootWriter) pair(dst []byte, p pair) []byte { return w.tree(w.tree(dst, p.now), p.was) }

func (w *rootWriter) tree(dst []byte, t tree) []byte {
	if t.n == 0 {
		return dagcbor.AppendUint(dagcbor.AppendNull(dst), 0)
	}
	root, err := t.Root()
	if err == nil && !root.Defined() {
		err = fmt.Errorf("a tree of %d entries has no root", t.n)
	}
	if err != nil {
		w.err = cmp.Or(w.err, err)
		return dst
	}
	return dagcbor.AppendUint(dagcbor.AppendLink(dst, root), t.n)
}

// readSnapshot opens the snapshot id, a block of g, with nodes from e; commit, t, at and next are the caller's to set.
func readSnapshot(ctx context.Context, e *env, g cas.Getter, id cid.Cid) (*state, error) {
	b, err := g.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	s, err := parseSnapshot(e, b.Data())
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", id, err)
	}
	if s.root() != id {
		return nil, &cas.CorruptError{CID: id, Reason: "not the canonical snapshot of what it holds"}
	}
	return s, nil
}

func parseSnapshot(e *env, data []byte) (*state, error) {
	r := dagcbor.NewReader(data)
	if r.Map() != 6 || r.Key("") != "v" {
		return nil, notA(r, "snapshot")
	}
	if v := r.Uint(); v != formatVersion && r.Err() == nil {
		return nil, versionError(v)
	}
	s := &state{env: e}
	expectKey(r, "v", "eavt")
	s.trees.eavt = readPair(r, e.nodes, EAVT)
	expectKey(r, "eavt", "attrs")
	defined := s.readAttrs(r)
	expectKey(r, "attrs", "names")
	s.readNames(r)
	expectKey(r, "names", "params")
	if err := readParams(r); err != nil {
		return nil, err
	}
	expectKey(r, "params", "options")
	if r.Array() != 2 {
		r.Fail("options are not of two items")
	}
	s.opts = Options{SchemaOnRead: r.Bool(), NoHistory: r.Bool()}
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("not a snapshot: %w", err)
	}
	schema, err := schemaOf(s.opts, defined)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	s.schema, s.ids = schema, identitiesOf(schema)
	return s, nil
}

func readParams(r *dagcbor.Reader) error {
	if r.Map() != 2 {
		r.Fail("params are not of two items")
	}
	expectKey(r, "", "keys")
	keys := r.Uint()
	expectKey(r, "keys", "split")
	split := r.Text()
	switch {
	case r.Err() != nil:
		return fmt.Errorf("params: %w", r.Err())
	case keys != paramKeys:
		return fmt.Errorf("keys of version %d are not known to this version of dhfs, which reads %d; try a newer one", keys, paramKeys)
	case split != paramSplit:
		return fmt.Errorf("splitter %q is not known to this version of dhfs, which reads %q; try a newer one", split, paramSplit)
	}
	return nil
}

func (s *state) readAttrs(r *dagcbor.Reader) (defined []*Attribute) {
	for n := r.Array(); n > 0 && r.Err() == nil; n-- {
		if r.Array() != 4 {
			r.Fail("an attribute is not of four items")
			return nil
		}
		row := attrTrees{id: ID(r.Uint()) + dbPart}
		if a := readDefinition(r); a != nil {
			defined = append(defined, a)
			a.ID = row.id
		}
		row.aevt = readPair(r, s.env.nodes, AEVT)
		row.avet = readPair(r, s.env.nodes, AVET)
		if !row.aevt.empty() {
			s.trees.attrs = append(s.trees.attrs, row)
		}
	}
	return defined
}

// readDefinition is nil for an attribute that the user did not define.
func readDefinition(r *dagcbor.Reader) *Attribute {
	if r.Peek() == dagcbor.Null {
		r.Null()
		return nil
	}
	a, err := readAttribute(r)
	if err != nil {
		r.Fail(err.Error())
		return nil
	}
	return a
}

func (s *state) readNames(r *dagcbor.Reader) {
	for n := r.Array(); n > 0 && r.Err() == nil; n-- {
		if r.Array() != 4 {
			r.Fail("names of a kind are not of four items")
		}
		kind := r.Text()
		s.trees.names = append(s.trees.names, kindTree{kind: kind, tree: readTree(r, s.env.nodes, nameLayout{}), newest: r.Uint()})
	}
	if !slices.IsSortedFunc(s.trees.names, func(a, b kindTree) int { return cmp.Compare(a.kind, b.kind) }) {
		r.Fail("kinds are not in order")
	}
}

func readPair(r *dagcbor.Reader, n *index.Nodes, order Index) pair {
	if r.Array() != 4 {
		r.Fail("two trees are not of four items")
	}
	return pair{
		now: readTree(r, n, datomLayout{order: order}),
		was: readTree(r, n, datomLayout{order: order, history: true}),
	}
}

func readTree(r *dagcbor.Reader, n *index.Nodes, l index.Layout) tree {
	if r.Peek() == dagcbor.Null {
		r.Null()
		if r.Uint() != 0 {
			r.Fail("entries without a tree")
		}
		return tree{Tree: index.Empty(n, l)}
	}
	root := r.Link()
	return tree{Tree: index.Open(n, l, root), n: r.Uint()}
}

// expectKey reads the key of a map that is known to come next.
func expectKey(r *dagcbor.Reader, prev, key string) {
	if got := r.Key(prev); got != key && r.Err() == nil {
		r.Fail(fmt.Sprintf("%q where %q is expected", got, key))
	}
}

// notA says that a block is not what it should be.
func notA(r *dagcbor.Reader, what string) error {
	if err := r.Err(); err != nil {
		return fmt.Errorf("not a %s: %w", what, err)
	}
	return fmt.Errorf("not a %s", what)
}

func versionError(v uint64) error {
	return fmt.Errorf("format version %d is not known to this version of dhfs, which reads %d; try a newer one", v, formatVersion)
}
