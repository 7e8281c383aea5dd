// Package datahiketest lays out stores as Datahike does, for tests of what no real one at hand shows.
package datahiketest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// FirstTx is the number that transactions are counted from.
const FirstTx = 0x20000000

// Datom is a fact as Datahike keeps it.
type Datom struct {
	E     int64
	A     any
	V     any
	Tx    int64
	Added bool
}

// Writer lays out a store.
type Writer struct {
	Files  fstest.MapFS
	Pack   func([]byte) []byte // nil: as it is
	Kind   [4]byte             // the beginning of headers
	Factor int                 // keys in a node
	Beside int                 // changes of a child that a node may keep beside it

	Indexed []string // the attributes in AVET; nil: all
	Shares  bool     // nodes that are equal are one, as those are that a commit leaves as they were

	shared map[string]fressian.UUID

	name    func(key any) (string, error)
	compare func(index string, x, y Datom) int
	Last    uint32 // of NewID
}

// New makes a writer. name tells the file of a key, compare is the order of an index, eavt, aevt or avet: this package knows neither, so that
// tests of the one that does can use it.
func New(name func(key any) (string, error), compare func(index string, x, y Datom) int) *Writer {
	return &Writer{Files: fstest.MapFS{}, Kind: [4]byte{1, 1, 0, 0}, Factor: 512, name: name, compare: compare}
}

func appendValue(dst []byte, v any) []byte {
	number := func(n int) []byte { return appendValue(nil, int64(n)) }
	list := func(code byte, items []any) []byte {
		dst = append(append(dst, code), number(len(items))...)
		for _, item := range items {
			dst = appendValue(dst, item)
		}
		return dst
	}
	switch v := v.(type) {
	case nil:
		return append(dst, 0xf7)
	case bool:
		if v {
			return append(dst, 0xf5)
		}
		return append(dst, 0xf6)
	case int:
		return appendValue(dst, int64(v))
	case int64:
		if v >= 0 && v < 0x40 {
			return append(dst, byte(v))
		}
		return binary.BigEndian.AppendUint64(append(dst, 0xf8), uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, 0xfa), math.Float64bits(v))
	case string:
		return append(append(append(dst, 0xe3), number(len(v))...), v...)
	case []byte:
		return append(append(append(dst, 0xd9), number(len(v))...), v...)
	case fressian.Keyword:
		space, name, ok := strings.Cut(string(v), "/")
		if !ok {
			return appendValue(append(dst, 0xca, 0xf7), string(v))
		}
		return appendValue(appendValue(append(dst, 0xca), space), name)
	case fressian.Inst:
		return appendValue(append(dst, 0xc8), int64(v))
	case fressian.UUID:
		return appendValue(append(dst, 0xc3), v[:])
	case *big.Int:
		return appendValue(append(dst, 0xc6), v.Bytes())
	case fressian.List:
		return list(0xec, v)
	case fressian.Set:
		dst = append(dst, 0xc1)
		return list(0xec, v)
	case fressian.Map:
		dst = append(dst, 0xc0)
		return list(0xec, v)
	case fressian.Tagged:
		dst = append(appendValue(append(dst, 0xef), v.Tag), number(len(v.Items))...)
		for _, item := range v.Items {
			dst = appendValue(dst, item)
		}
		return dst
	}
	panic(fmt.Sprintf("no way to write a %T", v))
}

// KW is a keyword.
func KW(s string) fressian.Keyword { return fressian.Keyword(s) }

// Put writes a value under its key.
func (w *Writer) Put(key, value any) {
	pack := w.Pack
	if pack == nil {
		pack = func(b []byte) []byte { return b }
	}
	meta := pack(appendValue(nil, fressian.Map{KW("key"), key, KW("type"), KW("edn")}))
	data := append([]byte(nil), w.Kind[:]...)
	data = binary.BigEndian.AppendUint32(data, uint32(len(meta)))
	data = append(data, make([]byte, 12)...)
	data = append(append(data, meta...), pack(appendValue(nil, value))...)
	name, err := w.name(key)
	if err != nil {
		panic(err)
	}
	w.Files[name] = &fstest.MapFile{Data: data}
}

// NewID is an id that nothing has.
func (w *Writer) NewID() fressian.UUID {
	w.Last++
	var id uuid.UUID
	binary.BigEndian.PutUint32(id[:], w.Last)
	return fressian.UUID(id)
}

// Tagged is a map with a tag.
func Tagged(tag string, m fressian.Map) fressian.Tagged {
	return fressian.Tagged{Tag: tag, Items: fressian.List{m}}
}

// Fressian is the datom as it is written.
func (d Datom) Fressian() fressian.Tagged {
	return fressian.Tagged{Tag: "datahike.datom.Datom", Items: fressian.List{fressian.List{d.E, d.A, d.V, d.Tx, d.Added}}}
}

// node writes a node of a tree, unless it may be one that is there.
func (w *Writer) node(tag string, m fressian.Map) fressian.UUID {
	if !w.Shares {
		id := w.NewID()
		w.Put(id, Tagged(tag, m))
		return id
	}
	key := string(appendValue([]byte(tag), m))
	id, ok := w.shared[key]
	if !ok {
		if w.shared == nil {
			w.shared = map[string]fressian.UUID{}
		}
		id = w.NewID()
		w.shared[key] = id
		w.Put(id, Tagged(tag, m))
	}
	return id
}

// Tree writes a tree and returns what names it.
func (w *Writer) Tree(i string, datoms []Datom) fressian.Tagged {
	datoms = slices.Clone(datoms)
	slices.SortFunc(datoms, func(x, y Datom) int { return w.compare(i[len(i)-4:], x, y) })
	var keys, addresses fressian.List
	var counts []int
	leaf := func(part []Datom) {
		var l fressian.List
		for _, d := range part {
			l = append(l, d.Fressian())
		}
		id := w.node("pss/leaf", fressian.Map{KW("keys"), l})
		addresses, counts = append(addresses, id), append(counts, len(part))
		if len(l) > 0 {
			keys = append(keys, l[len(l)-1])
		}
	}
	for part := range slices.Chunk(datoms, w.Factor) {
		leaf(part)
	}
	if len(addresses) == 0 {
		leaf(nil)
	}
	for level := 1; len(addresses) > 1; level++ {
		k, a, c := keys, addresses, counts
		keys, addresses, counts = nil, nil, nil
		for n := 0; n < len(a); n += w.Factor {
			end, total := min(n+w.Factor, len(a)), 0
			for _, x := range c[n:end] {
				total += x
			}
			id := w.node("pss/branch", fressian.Map{KW("level"), level, KW("keys"), k[n:end], KW("addresses"), a[n:end], KW("subtree-count"), total})
			keys, addresses, counts = append(keys, k[end-1]), append(addresses, id), append(counts, total)
		}
	}
	return Tagged("pss/set", fressian.Map{KW("address"), addresses[0], KW("count"), -1, KW("diff-buf-size"), w.Beside})
}

// Commit writes a commit with the datoms that hold, and makes it the head of a branch.
func (w *Writer) Commit(branch string, maxTx int64, parents fressian.Set, now, was []Datom, schema fressian.Map, config ...any) fressian.UUID {
	id, about := w.NewID(), w.NewID()
	var indexed fressian.Set
	for _, a := range w.Indexed {
		indexed = append(indexed, KW(a))
	}
	w.Put(about, fressian.Map{KW("schema"), schema, KW("rschema"), fressian.Map{KW("db/index"), indexed}})
	meta := fressian.Map{KW("datahike/commit-id"), id, KW("datahike/updated-at"), fressian.Inst(1_700_000_000_000 + maxTx - FirstTx)}
	if parents != nil {
		meta = append(meta, KW("datahike/parents"), parents)
	}
	record := fressian.Map{
		KW("meta"), meta, KW("max-tx"), maxTx, KW("max-eid"), 1, KW("schema-meta-key"), about,
		KW("config"), append(fressian.Map{KW("branch"), KW(branch), KW("keep-history?"), true}, config...),
	}
	for _, i := range []string{"eavt", "aevt", "avet", "temporal-eavt", "temporal-aevt", "temporal-avet"} {
		datoms := now
		if len(i) > 4 {
			datoms = was
		}
		if w.Indexed != nil && i[len(i)-4:] == "avet" {
			datoms = slices.DeleteFunc(slices.Clone(datoms), func(d Datom) bool {
				a, _ := d.A.(fressian.Keyword)
				return !slices.Contains(w.Indexed, string(a))
			})
		}
		record = append(record, KW(i+"-key"), w.Tree(i, datoms))
	}
	w.Put(id, record)
	w.Put(KW(branch), record)
	return id
}

// Branches writes which branches there are.
func (w *Writer) Branches(names ...string) {
	var set fressian.Set
	for _, n := range names {
		set = append(set, KW(n))
	}
	w.Put(KW("branches"), set)
}
