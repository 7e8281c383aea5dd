package queries_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
	"pgregory.net/rapid"
)

// cell makes values of all kinds, with all that formats escape.
func cell() *rapid.Generator[edn.Value] {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `\.`, " a", "\u00a0x", "a,b", "a\"b", "a\tb", "a\\b", "a\nb\r", "\xff\x00", strings.Repeat("long", 20), strings.Repeat("l,", 30)}))
	return rapid.OneOf(
		rapid.Map(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-1000, 1000), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 1e18, 1e18 - 1, 99, 100, 0})), edn.MakeInt),
		rapid.Map(text, edn.MakeString),
		rapid.Map(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e21, 1e-7, 0.1})), edn.MakeFloat),
		rapid.SampledFrom([]edn.Value{
			edn.MakeNil(), edn.MakeBool(true), edn.MakeKeyword("a/b"), edn.MakeSymbol("s"), edn.MakeChar('ü'), edn.MakeInst(1e12), edn.MakeInst(-1e14),
			edn.MakeUUID([16]byte{1, 255}), edn.MakeBytes([]byte{0, 10}), edn.MakeBigInt(big.NewInt(7)), edn.MakeBigDec(big.NewInt(150), 2),
			edn.MakeVector(edn.MakeInt(1), edn.MakeString("a\tb,")), edn.MakeMap(edn.MakeKeyword("k"), edn.MakeString("\"")), edn.MakeTagged("uri", edn.MakeString("a,b")),
		}),
	)
}

// All formats write what their definitions say, whether a result has terms or values, and whatever repeats.
func TestFormatsAreAsDefined(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		some := rapid.SliceOfN(cell(), 1, 12).Draw(rt, "values")
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(some), 2, 2), 0, 30).Draw(rt, "rows")
		vectors := make([]edn.Value, len(rows))
		for i, row := range rows {
			vectors[i] = edn.MakeVector(row...)
		}
		for _, r := range []*queries.Result{queries.NewResult([]string{"?a", "?b"}, rows...), relation(t, "?a ?b", vectors)} {
			for f, define := range definitions {
				var out bytes.Buffer
				if err := queries.Write(&out, r, f); err != nil {
					rt.Fatal(err)
				}
				if want := define(r); out.String() != want {
					rt.Fatalf("%s is\n%q, want\n%q", f, out.String(), want)
				}
			}
		}
	})
}

var definitions = map[queries.Format]func(r *queries.Result) string{
	queries.TSV: func(r *queries.Result) string {
		escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
		text := "a\tb\n"
		for row := range r.All() {
			text += escape.Replace(string(queries.AppendText(nil, row[0]))) + "\t" + escape.Replace(string(queries.AppendText(nil, row[1]))) + "\n"
		}
		return text
	},
	queries.CSV: func(r *queries.Result) string {
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		w.Write([]string{"a", "b"})
		for row := range r.All() {
			w.Write([]string{string(queries.AppendText(nil, row[0])), string(queries.AppendText(nil, row[1]))})
		}
		w.Flush()
		return out.String()
	},
	queries.JSONL: func(r *queries.Result) string {
		text := ""
		for row := range r.All() {
			text += fmt.Sprintf("{\"a\":%s,\"b\":%s}\n", edn.AppendJSON(nil, row[0]), edn.AppendJSON(nil, row[1]))
		}
		return text
	},
	queries.EDN: func(r *queries.Result) string {
		var lines []string
		for _, item := range r.Value().Items() {
			lines = append(lines, item.String())
		}
		return "#{" + strings.Join(lines, "\n  ") + "}\n"
	},
}

func TestIntegersAreWrittenInFull(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-10, 100_000), rapid.Map(rapid.IntRange(0, 18), func(e int) int64 { return int64(math.Pow10(e)) - 1 })).Draw(rt, "n")
		var out bytes.Buffer
		if err := queries.Write(&out, relation(t, "?n", []edn.Value{edn.MakeVector(edn.MakeInt(n)), edn.MakeVector(edn.MakeInt(n))}), queries.TSV); err != nil {
			rt.Fatal(err)
		}
		if want := "n\n" + strconv.FormatInt(n, 10) + "\n"; out.String() != want {
			rt.Fatalf("got %q, want %q", out.String(), want)
		}
	})
}
