package dagcbor

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"sort"
	"testing"
	"unicode/utf8"

	"github.com/ipfs/go-cid"
	prime "github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/datamodel"
	"github.com/ipld/go-ipld-prime/fluent/qp"
	cidlink "github.com/ipld/go-ipld-prime/linking/cid"
	"github.com/ipld/go-ipld-prime/node/basicnode"
	"pgregory.net/rapid"
)

// Values as tests hold them: uint64, int64 (below 0), float64, bool, nil,
// []byte, string, cid.Cid, []any, map[string]any.

func genValue(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Uint64().AsAny(),
		rapid.Int64Range(math.MinInt64, -1).AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }).AsAny(),
		rapid.Bool().AsAny(),
		rapid.Just[any](nil),
		rapid.SliceOfN(rapid.Byte(), 0, 300).AsAny(),
		rapid.StringN(0, 100, 400).AsAny(),
		rapid.Custom(func(t *rapid.T) cid.Cid {
			return testCID(rapid.SampledFrom([]uint64{cid.DagCBOR, cid.Raw, cid.DagProtobuf}).Draw(t, "codec"), rapid.Byte().Draw(t, "seed"))
		}).AsAny(),
	}
	if depth > 0 {
		item := rapid.Deferred(func() *rapid.Generator[any] { return genValue(depth - 1) })
		kinds = append(kinds,
			rapid.SliceOfN(item, 0, 30).AsAny(),
			rapid.MapOfN(rapid.StringN(0, 8, 30), item, 0, 30).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func genList(depth int) *rapid.Generator[any] {
	return rapid.SliceOfN(genValue(depth), 1, 20).AsAny()
}

func appendAny(dst []byte, v any) []byte {
	switch v := v.(type) {
	case uint64:
		return AppendUint(dst, v)
	case int64:
		return AppendInt(dst, v)
	case float64:
		return AppendFloat(dst, v)
	case bool:
		return AppendBool(dst, v)
	case []byte:
		return AppendBytes(dst, v)
	case string:
		return AppendText(dst, v)
	case cid.Cid:
		return AppendLink(dst, v)
	case []any:
		dst = AppendArray(dst, len(v))
		for _, item := range v {
			dst = appendAny(dst, item)
		}
		return dst
	case map[string]any:
		dst = AppendMap(dst, len(v))
		for _, key := range canonicalKeys(v) {
			dst = appendAny(AppendText(dst, key), v[key])
		}
		return dst
	}
	return AppendNull(dst)
}

func canonicalKeys(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return keyLess(keys[i], keys[j]) })
	return keys
}

// readAny reads as a caller would, but takes an empty first key too.
func readAny(data []byte) (any, error) {
	r := NewReader(data)
	v := readItem(r)
	return v, r.Done()
}

func readItem(r *Reader) any {
	switch r.Peek() {
	case Uint:
		return r.Uint()
	case NegInt:
		return r.Int()
	case Bytes:
		return bytes.Clone(r.Bytes())
	case Text:
		return r.Text()
	case Link:
		return r.Link()
	case Bool:
		return r.Bool()
	case Float:
		return r.Float()
	case Null:
		r.Null()
		return nil
	case Array:
		items := make([]any, 0, r.Array())
		for range cap(items) {
			items = append(items, readItem(r))
		}
		return items
	case Map:
		return readPairs(r)
	}
	r.Skip()
	return nil
}

func readPairs(r *Reader) any {
	pairs := map[string]any{}
	prev := ""
	for i := range r.Map() {
		prev = r.key(prev, i == 0)
		pairs[prev] = readItem(r)
	}
	return pairs
}

func toNode(v any) (datamodel.Node, error) {
	return qp.BuildList(basicnode.Prototype.Any, 1, func(la datamodel.ListAssembler) { qp.ListEntry(la, assemble(v)) })
}

func assemble(v any) qp.Assemble {
	switch v := v.(type) {
	case uint64:
		if v > math.MaxInt64 {
			return qp.Node(basicnode.NewUint(v))
		}
		return qp.Int(int64(v))
	case int64:
		return qp.Int(v)
	case float64:
		return qp.Float(v)
	case bool:
		return qp.Bool(v)
	case []byte:
		return qp.Bytes(v)
	case string:
		return qp.String(v)
	case cid.Cid:
		return qp.Link(cidlink.Link{Cid: v})
	case []any:
		return qp.List(int64(len(v)), func(la datamodel.ListAssembler) {
			for _, item := range v {
				qp.ListEntry(la, assemble(item))
			}
		})
	case map[string]any:
		return qp.Map(int64(len(v)), func(ma datamodel.MapAssembler) {
			for key, item := range v { // in any order: the encoder sorts
				qp.MapEntry(ma, key, assemble(item))
			}
		})
	}
	return qp.Null()
}

// primeEncode wraps v in a list, as toNode does.
func primeEncode(v any) ([]byte, error) {
	node, err := toNode(v)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	err = prime.Encode(node, &buf)
	return buf.Bytes(), err
}

// primeRoundTrip decodes data strictly and encodes it again. valid tells whether all text in it is UTF-8,
// which go-ipld-prime does not look at.
func primeRoundTrip(data []byte) (again []byte, valid bool, err error) {
	nb := basicnode.Prototype.Any.NewBuilder()
	if err := (prime.DecodeOptions{AllowLinks: true}).Decode(nb, bytes.NewReader(data)); err != nil {
		return nil, false, err
	}
	var buf bytes.Buffer
	err = prime.Encode(nb.Build(), &buf)
	return buf.Bytes(), validText(nb.Build()), err
}

func validText(n datamodel.Node) bool {
	switch n.Kind() {
	case datamodel.Kind_String:
		s, err := n.AsString()
		return err == nil && utf8.ValidString(s)
	case datamodel.Kind_List:
		for it := n.ListIterator(); !it.Done(); {
			if _, item, err := it.Next(); err != nil || !validText(item) {
				return false
			}
		}
	case datamodel.Kind_Map:
		for it := n.MapIterator(); !it.Done(); {
			if key, item, err := it.Next(); err != nil || !validText(key) || !validText(item) {
				return false
			}
		}
	}
	return true
}

func TestSameBytesAsPrime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genList(3).Draw(t, "value")
		ours := appendAny(AppendArray(nil, 1), v)
		theirs, err := primeEncode(v)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ours, theirs) {
			t.Fatalf("ours   %x\ntheirs %x", ours, theirs)
		}
		back, err := readAny(theirs)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, []any{normal(v)}) {
			t.Fatalf("wrote %v, read %v", v, back)
		}
	})
}

// normal makes what rapid draws comparable with what readAny returns.
func normal(v any) any {
	switch v := v.(type) {
	case []any:
		items := make([]any, 0, len(v))
		for _, item := range v {
			items = append(items, normal(item))
		}
		return items
	case map[string]any:
		pairs := make(map[string]any, len(v))
		for key, item := range v {
			pairs[key] = normal(item)
		}
		return pairs
	case []byte:
		return append([]byte{}, v...)
	}
	return v
}

// agree fails where Check accepts anything but the one encoding that go-ipld-prime
// writes, or refuses that.
func agree(data []byte) error {
	err := Check(data)
	again, valid, theirs := primeRoundTrip(data)
	canonical := theirs == nil && valid && bytes.Equal(again, data)
	switch {
	case err == nil && !canonical:
		return fmt.Errorf("%x was taken, but go-ipld-prime has %x, %v", data, again, theirs)
	case err != nil && canonical && !tooDeep(err):
		return fmt.Errorf("%x was refused, but go-ipld-prime takes it: %w", data, err)
	}
	if _, readErr := readAny(data); (readErr == nil) != (err == nil) && !tooDeep(err) {
		return fmt.Errorf("%x: Check says %v, reading says %v", data, err, readErr)
	}
	return nil
}

func tooDeep(err error) bool {
	return err != nil && bytes.Contains([]byte(err.Error()), []byte("inside each other"))
}

func TestSameRefusalsAsPrime(t *testing.T) {
	for _, c := range refused {
		if err := agree(unhex(t, c.hex)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		data := appendAny(nil, genList(2).Draw(t, "value"))
		for range rapid.IntRange(1, 3).Draw(t, "mutations") {
			data = mutate(t, data)
		}
		if err := agree(data); err != nil {
			t.Fatal(err)
		}
	})
}

func mutate(t *rapid.T, data []byte) []byte {
	if len(data) == 0 {
		return rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "bytes")
	}
	at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		return data[:at]
	case 1:
		return append(data[:at:at], data[at+1:]...)
	case 2:
		return append(data[:at:at], append([]byte{rapid.Byte().Draw(t, "byte")}, data[at:]...)...)
	case 3: // the same number, longer
		if low := data[at] & 31; low < 24 {
			return append(append(data[:at:at], data[at]&^31|24, low), data[at+1:]...)
		}
	}
	data = bytes.Clone(data)
	data[at] = rapid.Byte().Draw(t, "byte")
	return data
}

func FuzzCheck(f *testing.F) {
	f.Add(appendRow(nil))
	f.Add(linkList(2))
	f.Add(appendAny(nil, map[string]any{"a": []any{uint64(300), int64(-7), 1.5, nil}, "bb": []byte{0}}))
	for _, c := range refused {
		f.Add(unhex(f, c.hex))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := agree(data); err != nil {
			t.Fatal(err)
		}
		v, err := readAny(data)
		if err == nil && !bytes.Equal(appendAny(nil, v), data) {
			t.Fatalf("%x was read as %v", data, v)
		}
	})
}
