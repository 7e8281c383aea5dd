package engine

import (
	"encoding/hex"
	"math"
	"math/big"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// TestGoldenExamples checks that the bytes in FORMAT.md are those that are written.
func TestGoldenExamples(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := hexOf(string(text))
	for name, data := range exampleBlocks(t) {
		if want := hex.EncodeToString(data); !strings.Contains(examples, want) {
			t.Errorf("%s is not in FORMAT.md: %s", name, want)
		}
	}
	first := cas.NewBlock(cas.DagCBOR, exampleBlocks(t)["the first commit"]).CID().String()
	if !strings.Contains(string(text), "Its CID is "+first+".") {
		t.Errorf("the CID of the first commit is not in FORMAT.md: %s", first)
	}
	for _, v := range []Value{
		Bool(false), Bool(true), Long(0), Long(1), Long(-1), Long(300), Long(-300), BigInt(big.NewInt(300)), BigInt(big.NewInt(-300)),
		Double(1.5), Double(-1.5), Double(math.NaN()), Float(1.5), BigDec(big.NewInt(150), 2), BigDec(big.NewInt(-15), 1), BigDec(new(big.Int), 1),
		Instant(1000), Keyword("a/b"), String("a\x00b"), Tuple(Long(1), Value{}), Ref(300),
	} {
		if key := hex.EncodeToString(appendValue(nil, v)); !strings.Contains(string(text), "\n    "+key+" ") {
			t.Errorf("%s %s is not in FORMAT.md: %s", v.Kind(), Text(v), key)
		}
	}
}

// hexOf is the bytes that stand at the beginning of indented lines, all together.
func hexOf(text string) string {
	var b strings.Builder
	for _, m := range regexp.MustCompile(`(?m)^ {4,}((?:[0-9a-f]+ )*[0-9a-f]+)(?:  .*)?$`).FindAllStringSubmatch(text, -1) {
		b.WriteString(strings.ReplaceAll(m[1], " ", ""))
	}
	return b.String()
}

func exampleBlocks(t *testing.T) map[string][]byte {
	now, was := datomLayout{order: EAVT}, datomLayout{order: AVET, history: true}
	names := []index.Entry{
		{Key: []byte("ada"), Val: nameEntry{1, 3, 0x0123456789abcdef}.appendTo(nil)},
		{Key: []byte("ben"), Val: nameEntry{2, 2, 0xfedcba9876543210}.appendTo(nil)},
	}
	s := cas.NewMemory()
	c, err := Create(t.Context(), s, "main", Options{}, time.UnixMilli(1000))
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"a leaf of EAVT": encoded(t, now, runOf(now, []Datom{
			{E: 1, A: firstAttr, V: String("ada"), T: 2}, {E: 1, A: firstAttr + 1, V: Long(36), T: 3}, {E: 2, A: firstAttr, V: String("ben"), T: 2},
		})),
		"a leaf of history": encoded(t, was, runOf(was, []Datom{{E: 1, V: Long(35), T: 2, Added: true}, {E: 1, V: Long(35), T: 3}})),
		"a leaf of names":   encoded(t, nameLayout{}, names),
		"a transaction": txBlocks(3, []Datom{
			{E: 1, A: firstAttr + 1, V: Long(35), T: 3}, {E: 1, A: firstAttr + 1, V: Long(36), T: 3, Added: true},
			{E: TxID(3), A: attrTxInstant, V: Instant(1000), T: 3, Added: true},
		})[0].Data(),
		"the empty snapshot": stored(t, s, c.head.commit.Root),
		"the first commit":   stored(t, s, c.head.commit.ID),
	}
}

func encoded(t *testing.T, l index.Layout, run []index.Entry) []byte {
	t.Helper()
	data, err := l.Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func stored(t *testing.T, g cas.Getter, id cid.Cid) []byte {
	t.Helper()
	b, err := g.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return b.Data()
}
