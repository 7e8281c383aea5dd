package datahike

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

// writer lays out stores as Datahike does, for what no real one here is.
type writer struct {
	files   fstest.MapFS
	pack    func([]byte) []byte // nil: as it is
	kind    [4]byte             // the beginning of headers
	factor  int                 // keys in a node
	address uint32
}

func newWriter() *writer {
	return &writer{files: fstest.MapFS{}, kind: [4]byte{1, 1, 0, 0}, factor: 512}
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

func kw(s string) fressian.Keyword { return fressian.Keyword(s) }

// put writes a value under its key.
func (w *writer) put(key, value any) {
	pack := w.pack
	if pack == nil {
		pack = func(b []byte) []byte { return b }
	}
	meta := pack(appendValue(nil, fressian.Map{kw("key"), key, kw("type"), kw("edn")}))
	data := append([]byte(nil), w.kind[:]...)
	data = binary.BigEndian.AppendUint32(data, uint32(len(meta)))
	data = append(data, make([]byte, 12)...)
	data = append(append(data, meta...), pack(appendValue(nil, value))...)
	name, err := FileName(key)
	if err != nil {
		panic(err)
	}
	w.files[name] = &fstest.MapFile{Data: data}
}

func (w *writer) newID() fressian.UUID {
	w.address++
	var id uuid.UUID
	binary.BigEndian.PutUint32(id[:], w.address)
	return fressian.UUID(id)
}

func tagged(tag string, m fressian.Map) fressian.Tagged {
	return fressian.Tagged{Tag: tag, Items: fressian.List{m}}
}

func (d Datom) fressian() fressian.Tagged {
	return fressian.Tagged{Tag: datomTag, Items: fressian.List{fressian.List{d.E, d.A, d.V, d.Tx, d.Added}}}
}

// tree writes a tree and returns what names it.
func (w *writer) tree(i Index, datoms []Datom) fressian.Tagged {
	datoms = slices.Clone(datoms)
	slices.SortFunc(datoms, func(x, y Datom) int { return i.order().compare(&x, &y) })
	var keys, addresses fressian.List
	var counts []int
	leaf := func(part []Datom) {
		var l fressian.List
		for _, d := range part {
			l = append(l, d.fressian())
		}
		id := w.newID()
		w.put(id, tagged(leafTag, fressian.Map{kw("keys"), l}))
		addresses, counts = append(addresses, id), append(counts, len(part))
		if len(l) > 0 {
			keys = append(keys, l[len(l)-1])
		}
	}
	for part := range slices.Chunk(datoms, w.factor) {
		leaf(part)
	}
	if len(addresses) == 0 {
		leaf(nil)
	}
	for level := 1; len(addresses) > 1; level++ {
		k, a, c := keys, addresses, counts
		keys, addresses, counts = nil, nil, nil
		for n := 0; n < len(a); n += w.factor {
			end, total := min(n+w.factor, len(a)), 0
			for _, x := range c[n:end] {
				total += x
			}
			id := w.newID()
			w.put(id, tagged(branchTag, fressian.Map{kw("level"), level, kw("keys"), k[n:end], kw("addresses"), a[n:end], kw("subtree-count"), total}))
			keys, addresses, counts = append(keys, k[end-1]), append(addresses, id), append(counts, total)
		}
	}
	return tagged(rootTag, fressian.Map{kw("address"), addresses[0], kw("count"), -1})
}

// commit writes a commit with the datoms that hold, and makes it the head of a branch.
func (w *writer) commit(branch string, maxTx int64, parents fressian.Set, now, was []Datom, schema fressian.Map, config ...any) fressian.UUID {
	id, about := w.newID(), w.newID()
	w.put(about, fressian.Map{kw("schema"), schema, kw("rschema"), fressian.Map{}})
	meta := fressian.Map{kw("datahike/commit-id"), id, kw("datahike/updated-at"), fressian.Inst(1_700_000_000_000 + maxTx - FirstTx)}
	if parents != nil {
		meta = append(meta, kw("datahike/parents"), parents)
	}
	record := fressian.Map{
		kw("meta"), meta, kw("max-tx"), maxTx, kw("max-eid"), 1, kw("schema-meta-key"), about,
		kw("config"), append(fressian.Map{kw("branch"), kw(branch), kw("keep-history?"), true}, config...),
	}
	for _, i := range Indexes {
		datoms := now
		if len(i) > 4 {
			datoms = was
		}
		record = append(record, kw(string(i)+"-key"), w.tree(i, datoms))
	}
	w.put(id, record)
	w.put(kw(branch), record)
	return id
}

// branches writes which branches there are.
func (w *writer) branches(names ...string) {
	var set fressian.Set
	for _, n := range names {
		set = append(set, kw(n))
	}
	w.put(kw("branches"), set)
}

// people is a store of 100,000 datoms of people.
func people(w *writer) {
	schema := fressian.Map{kw("name"), fressian.Map{kw("db/ident"), kw("name"), kw("db/valueType"), kw("db.type/string"), kw("db/cardinality"), kw("db.cardinality/one")}}
	var now []Datom
	for e := range int64(50_000) {
		now = append(now,
			Datom{e + 1, kw("age"), e / 500, FirstTx + 1, true})
	}
	for e := range int64(50_000) { // so they are in the order of two of the trees
		now = append(now, Datom{e + 1, kw("name"), fmt.Sprintf("name %05d", e), FirstTx + 1, true})
	}
	w.commit(MainBranch, FirstTx+1, nil, now, nil, schema)
	w.branches(MainBranch)
}
