package queries_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// result is rows of EDN text under the given columns.
func result(t *testing.T, shape queries.Shape, columns string, rows ...string) *queries.Result {
	t.Helper()
	var values [][]edn.Value
	for _, row := range rows {
		v, err := edn.Parse(row)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v.Items())
	}
	r := queries.NewResult(strings.Split(columns, "|"), values...)
	r.Shape = shape
	return r
}

func TestWrite(t *testing.T) {
	relation := result(t, queries.Relation, "?name|(count ?o)|?name",
		`["Ada" 2 :a/b]`, `["tab\tand \\ and \"\nline" -1 nil]`, `["ü" 1.0 [1 {:x "y"}]]`)
	for _, c := range []struct {
		r      *queries.Result
		format queries.Format
		want   string
	}{
		{relation, queries.TSV, "name\t(count ?o)\tname_2\nAda\t2\t:a/b\n" + `tab\tand \\ and "\nline` + "\t-1\t\nü\t1\t[1 {:x \"y\"}]\n"},
		{relation, queries.CSV, "name,(count ?o),name_2\nAda,2,:a/b\n\"tab\tand \\ and \"\"\nline\",-1,\nü,1,\"[1 {:x \"\"y\"\"}]\"\n"},
		{relation, queries.Table, "name                     (count ?o)  name_2\n-----------------------  ----------  ------------\nAda                               2  :a/b\n" +
			`tab\tand \\ and "\nline` + "          -1\nü                                 1  [1 {:x \"y\"}]\n"},
		{relation, queries.EDN, "#{[\"Ada\" 2 :a/b]\n  [\"tab\\tand \\\\ and \\\"\\nline\" -1 nil]\n  [\"ü\" 1.0 [1 {:x \"y\"}]]}\n"},
		{result(t, queries.Scalar, "?x", "[7]"), queries.JSON, "7\n"},
		{result(t, queries.Scalar, "?x"), queries.JSON, "null\n"},
		{result(t, queries.Scalar, "?x"), queries.EDN, "nil\n"},
		{result(t, queries.Scalar, "?x"), queries.TSV, "x\n"},
		{result(t, queries.Tuple, "?x|?y", `[1 :k]`), queries.JSON, "[1,\"k\"]\n"},
		{result(t, queries.Tuple, "?x|?y"), queries.JSON, "null\n"},
		{result(t, queries.Collection, "?x", `[1]`, `[2]`), queries.JSON, "[1,\n 2]\n"},
		{result(t, queries.Collection, "?x", `[1]`, `[2]`), queries.JSONL, "1\n2\n"},
		{result(t, queries.Collection, "?x", `[1]`, `[2]`), queries.EDN, "[1\n 2]\n"},
		{result(t, queries.Relation, "?x"), queries.JSON, "[]\n"},
		{result(t, queries.Relation, "?x|?y", `[1 "a"]`, `[2 "b"]`), queries.JSON, "[{\"x\":1,\"y\":\"a\"},\n {\"x\":2,\"y\":\"b\"}]\n"},
		{result(t, queries.Relation, "?x|?y", `[1 "a"]`, `[2 "b"]`), queries.JSONL, "{\"x\":1,\"y\":\"a\"}\n{\"x\":2,\"y\":\"b\"}\n"},
	} {
		var out bytes.Buffer
		if err := queries.Write(&out, c.r, c.format); err != nil {
			t.Errorf("%s: %v", c.format, err)
		}
		if out.String() != c.want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.format, out.String(), c.want)
		}
	}
}

func TestWriteIsReadByOthers(t *testing.T) {
	r := result(t, queries.Relation, "?a|?b|?c", `["x,\"y\"" #inst "2026-11-01T00:00:00.000Z" 12345678901234567890N]`, `[nil #uuid "6f8e4c1e-0b5a-4f0e-9d39-111111111111" 1.50M]`)
	var out bytes.Buffer
	if err := queries.Write(&out, r, queries.CSV); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][0] != `x,"y"` || rows[2][2] != "1.50" || rows[1][1] != "2026-11-01T00:00:00.000Z" {
		t.Errorf("csv: %v %q", err, rows)
	}
	out.Reset()
	if err := queries.Write(&out, r, queries.JSON); err != nil {
		t.Fatal(err)
	}
	var objects []map[string]any
	d := json.NewDecoder(&out)
	d.UseNumber()
	if err := d.Decode(&objects); err != nil || objects[0]["c"] != json.Number("12345678901234567890") || objects[1]["a"] != nil {
		t.Errorf("json: %v %v", err, objects)
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := queries.ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), "tsv") {
		t.Errorf("%v, want the formats there are", err)
	}
	if err := queries.Write(&bytes.Buffer{}, result(t, queries.Scalar, "?x"), "xml"); err == nil {
		t.Error("an unknown format is written")
	}
}
