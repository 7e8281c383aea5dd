package native

import (
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/google/uuid"
)

func parse(t *testing.T, text string) edn.Value {
	t.Helper()
	v, err := edn.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type node struct {
	ID       engine.ID `dhfs:"db/id"`
	Name     *string
	Children []node `dhfs:"node/_parent"`
	private  int
	Ignored  int `dhfs:"-"`
}

type level int8

func (n node) name() string {
	if n.Name == nil {
		return ""
	}
	return *n.Name
}

// into reads a value as the type of want and compares.
func into[T any](t *testing.T, text string, want T) {
	t.Helper()
	var got T
	f, err := For(reflect.TypeFor[T]())
	if err == nil {
		err = f(reflect.ValueOf(&got).UnsafePointer(), parse(t, text))
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %#v, %v, want %#v", text, got, err, want)
	}
}

func refused[T any](t *testing.T, text, want string) {
	t.Helper()
	var got T
	f, err := For(reflect.TypeFor[T]())
	if err == nil {
		err = f(reflect.ValueOf(&got).UnsafePointer(), parse(t, text))
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s as %T gives %v, %v, want an error with %q", text, got, got, err, want)
	}
}

func TestInto(t *testing.T) {
	one, name := 1, "root"
	into(t, "1", 1)
	into(t, "-128", int8(-128))
	into(t, "255", uint8(255))
	into(t, "18446744073709551615", uint64(1<<64-1))
	into(t, "7N", level(7))
	into(t, "1.5", 1.5)
	into(t, "3", 3.0)
	into(t, "0.5", float32(0.5))
	into(t, "true", true)
	into(t, `"a"`, "a")
	into(t, ":a/b", "a/b")
	into(t, ":a/b", Keyword("a/b"))
	into(t, `#uri "http://x"`, "http://x")
	into(t, `"10.0.0.1"`, netip.MustParseAddr("10.0.0.1"))
	into(t, `#inst "2026-01-02T03:04:05.006Z"`, time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC))
	into(t, `#uuid "00000000-0000-0000-0000-0000000000ff"`, uuid.UUID{15: 255})
	into(t, `#bytes "0aff"`, []byte{10, 255})
	into(t, "12345678901234567890N", new(big.Int).SetUint64(12345678901234567890))
	into(t, "1.50M", big.NewRat(3, 2))
	into(t, "nil", (*int)(nil))
	into(t, "nil", (*big.Int)(nil))
	into(t, "1", &one)
	into(t, "nil", []int(nil))
	into(t, "[1 2]", []int{1, 2})
	into(t, "(1 2)", [2]int64{1, 2})
	into(t, "[[1 2] [3]]", [][]uint16{{1, 2}, {3}})
	into(t, "#{1 2}", map[int]struct{}{1: {}, 2: {}})
	into(t, "{:a 1, :b nil}", map[string]*int{"a": &one, "b": nil})
	into(t, `{:db/id 1, :node/name "root", :more 1, :node/_parent [{:db/id 2}]}`, node{ID: 1, Name: &name, Children: []node{{ID: 2}}})
	into[any](t, `[1 nil true 2.5 "s" :k [:a/b] {:x #{1}}]`, []any{int64(1), nil, true, 2.5, "s", Keyword("k"), []any{Keyword("a/b")}, map[string]any{"x": []any{int64(1)}}})
}

func TestIntoRefuses(t *testing.T) {
	refused[int8](t, "128", "does not fit int8")
	refused[uint](t, "-1", "does not fit uint")
	refused[int64](t, "9223372036854775808", "does not fit")
	refused[float32](t, "0.1", "does not fit float32")
	refused[float64](t, "9007199254740993", "does not fit float64")
	refused[float64](t, "9223372036854775807", "does not fit float64")
	refused[int](t, "1.0", "no integer")
	refused[int](t, "nil", "use a pointer")
	refused[string](t, "1", "no text")
	refused[time.Time](t, `"2026"`, "no instant")
	refused[[2]int](t, "[1]", "1 items")
	refused[[]int](t, `[1 "x"]`, "item 1")
	refused[node](t, `{:node/name 1}`, ":node/name: ")
	refused[node](t, "7", "no map for a native.node")
	refused[chan int](t, "7", "no value can be a chan int")
	refused[*big.Rat](t, "1E-1000000M", "*big.Rat")
	refused[netip.Addr](t, `"x"`, "ParseAddr")
	refused[map[any]int](t, "{[1] 1}", "cannot be a key")
	refused[struct {
		A, B int `dhfs:"x"`
	}](t, "{}", "two fields")
}

func TestOf(t *testing.T) {
	five := 5
	for _, c := range []struct {
		x    any
		want string
	}{
		{nil, "nil"}, {true, "true"}, {7, "7"}, {level(7), "7"}, {uint64(1 << 63), "9223372036854775808N"}, {float32(0.5), "0.5"}, {"s", `"s"`},
		{Keyword("a/b"), ":a/b"}, {Symbol("s"), "s"}, {&five, "5"}, {(*int)(nil), "nil"}, {big.NewInt(7), "7N"}, {(*big.Int)(nil), "nil"},
		{time.UnixMilli(0), `#inst "1970-01-01T00:00:00.000Z"`}, {uuid.UUID{}, `#uuid "00000000-0000-0000-0000-000000000000"`}, {[]byte{255}, `#bytes "ff"`},
		{[]string{"a", "b"}, `["a" "b"]`}, {[2]any{1, "x"}, `[1 "x"]`}, {[]any{[]int{1}, nil}, "[[1] nil]"},
		{map[Keyword]any{"b": 1, "a": nil}, "{:a nil, :b 1}"}, {map[int]struct{}{2: {}, 1: {}}, "#{1 2}"},
		{edn.MakeChar('x'), `\x`}, {engine.Keyword("k"), ":k"}, {engine.ID(3), "3"}, {[]edn.Value{edn.MakeInt(1)}, "[1]"},
	} {
		v, err := Of(c.x)
		if err != nil || v.String() != c.want {
			t.Errorf("%#v is %v, %v, want %s", c.x, v, err, c.want)
		}
	}
	root := "root"
	if v, err := Of(node{ID: 7, Name: &root, Children: []node{{}}}); err != nil || v.String() != `{:db/id 7, :node/_parent [{}]}` {
		t.Errorf("got %v, %v", v, err)
	}
	for _, x := range []any{struct{ A int }{}, struct {
		a int `dhfs:"a"`
	}{}, func() {}, make(chan int), []any{struct{}{}}, Keyword("a b"), map[string]any{"x": struct{}{}}, map[any]int{1: 1, int8(1): 2}} {
		if v, err := Of(x); err == nil {
			t.Errorf("%#v is %v", x, v)
		}
	}
}

func TestFieldsThatAreNotSet(t *testing.T) {
	n := node{private: 1, Ignored: 2}
	f, err := For(reflect.TypeFor[node]())
	if err == nil {
		err = f(reflect.ValueOf(&n).UnsafePointer(), parse(t, `{:node/private 7, :node/ignored 7, :NAME "x"}`))
	}
	if err != nil || n.private != 1 || n.Ignored != 2 || n.name() != "x" {
		t.Errorf("got %+v, %v", n, err)
	}
}
