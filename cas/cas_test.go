package cas_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

func TestMemory(t *testing.T) {
	same := func(_ testing.TB, s cas.RefStore) cas.RefStore { return s }
	castest.Run(t, func(testing.TB) cas.RefStore { return cas.NewMemory() }, castest.Reopen(same), castest.Beside(same))
}

func TestBatching(t *testing.T) {
	castest.Run(t, func(testing.TB) cas.RefStore { return castest.Batching(cas.NewMemory()) })
}

// The CID of the empty raw block is known the world over.
func TestNewBlock(t *testing.T) {
	b := cas.NewBlock(cas.Raw, nil)
	if got, want := b.CID().String(), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := cas.NewBlock(cas.DagCBOR, []byte{0xa0}).CID().String(); got != "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua" {
		t.Errorf("the empty map is %s", got)
	}
}

func TestCheck(t *testing.T) {
	b := castest.Raw(1)
	if got, err := cas.Check(b.CID(), b.Data()); err != nil || got.CID() != b.CID() {
		t.Errorf("Check of a sound block = %v, %v", got, err)
	}
	var corrupt *cas.CorruptError
	if _, err := cas.Check(b.CID(), []byte("other")); !errors.As(err, &corrupt) || corrupt.CID != b.CID() {
		t.Errorf("Check of other bytes: %v", err)
	}
	v0, err := cid.Decode("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cas.Check(v0, []byte{}); !errors.Is(err, cas.ErrUnsupported) {
		t.Errorf("Check of a CIDv0: %v", err)
	}
	if _, err := cas.Check(cid.Undef, []byte{}); err == nil {
		t.Error("Check took an undefined CID")
	}
}

func TestLinks(t *testing.T) {
	a, b := castest.Raw(1).CID(), castest.Raw(2).CID()
	links, err := castest.Node(0, a, b, a).Links()
	if err != nil || len(links) != 3 || links[0] != a || links[1] != b || links[2] != a {
		t.Errorf("Links = %v, %v", links, err)
	}
	if links, err := castest.Raw(1).Links(); err != nil || len(links) != 0 {
		t.Errorf("Links of a raw block = %v, %v", links, err)
	}
	var corrupt *cas.CorruptError
	if _, err := cas.NewBlock(cas.DagCBOR, []byte{0xff}).Links(); !errors.As(err, &corrupt) {
		t.Errorf("Links of what is not dag-cbor: %v", err)
	}
	if _, err := cas.NewBlock(cid.DagProtobuf, nil).Links(); !errors.Is(err, cas.ErrUnsupported) {
		t.Errorf("Links of a dag-pb block: %v", err)
	}
	if _, err := (cas.Block{}).Links(); err == nil {
		t.Error("the zero Block has links")
	}
}

func TestCorruptErrorSaysWhere(t *testing.T) {
	id := castest.Raw(1).CID()
	for want, err := range map[string]*cas.CorruptError{
		"block " + id.String() + " is corrupt: x":             {CID: id, Reason: "x"},
		"block " + id.String() + " in a.pack:7 is corrupt: x": {CID: id, Path: "a.pack:7", Reason: "x"},
		"a.pack:7 is corrupt: x":                              {Path: "a.pack:7", Reason: "x"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCheckRefNameSaysWhy(t *testing.T) {
	for name, why := range map[string]string{
		"":                       "an empty part",
		"heads//x":               "an empty part",
		"heads/.x":               "a dot in front",
		"heads/a..b":             "two dots",
		"heads/a b":              "' '",
		"heads/é":                "'é'",
		strings.Repeat("x", 201): "201 bytes long",
	} {
		if err := cas.CheckRefName(name); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", name, err, why)
		}
	}
	if err := cas.CheckRefName(strings.Repeat("x", 200)); err != nil {
		t.Error(err)
	}
}

// refused is a base that must not be asked.
type refused struct{ cas.Getter }

func TestOverlay(t *testing.T) {
	base := cas.NewMemory()
	below, above := castest.Raw(1), castest.Raw(2)
	if err := base.Put(t.Context(), []cas.Block{below}); err != nil {
		t.Fatal(err)
	}
	o := cas.NewOverlay(base, []cas.Block{above})
	for _, b := range []cas.Block{below, above} {
		if got, err := o.Get(t.Context(), b.CID()); err != nil || got.CID() != b.CID() {
			t.Errorf("Get(%s) = %v, %v", b.CID(), got, err)
		}
	}
	if _, err := o.Get(t.Context(), castest.Raw(3).CID()); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("Get of an unknown block: %v", err)
	}
	if _, err := base.Get(t.Context(), above.CID()); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("the overlay wrote to its base: %v", err)
	}
	if _, err := cas.NewOverlay(refused{}, []cas.Block{above}).Get(t.Context(), above.CID()); err != nil {
		t.Error(err)
	}
}
