package ingest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// readCSV reads all rows, each cell as text@line:column, with quotes where it had them.
func readCSV(text string, sep byte) (rows []string, err error) {
	in, err := newInput(strings.NewReader(text), Options{Name: "x.csv"})
	if err != nil {
		return nil, err
	}
	src, err := in.pass()
	if err != nil {
		return nil, err
	}
	r := newCSVReader(in, src, sep)
	for {
		cells, err := r.next(nil)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		var shown []string
		for _, c := range cells {
			text := c.text
			if c.quoted {
				text = fmt.Sprintf("%q", text)
			}
			shown = append(shown, fmt.Sprintf("%s@%d:%d", text, c.at.Line, c.at.Col))
		}
		rows = append(rows, strings.Join(shown, " "))
	}
}

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"a,b\n1,2\n", []string{"a@1:1 b@1:3", "1@2:1 2@2:3"}},
		{"a;b\r\n1;2", []string{"a@1:1 b@1:3", "1@2:1 2@2:3"}},
		{"\ufeffa\tb,c\t\n\n1\t\t\n", []string{"a@1:1 b,c@1:3 @1:7", "1@3:1 @3:3 @3:4"}},
		{`"a,""b""",c` + "\n", []string{`"a,\"b\""@1:1 c@1:11`}},
		{"\"x\ny\r\nz\",\"é\",w\nv,,\n", []string{`"x\ny\nz"@1:1 "é"@3:4 w@3:8`, "v@4:1 @4:3 @4:4"}},
		{"é,ß|x,\"\"\n", []string{`é@1:1 ß|x@1:3 ""@1:7`}},
		{"a,5\" disk\n", []string{`a@1:1 5" disk@1:3`}},
		{"a\n\"\"\n", []string{"a@1:1", `""@2:1`}},
		{"", nil},
	} {
		got, err := readCSV(c.text, 0)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q:\n got %q, %v\nwant %q", c.text, got, err, c.want)
		}
	}
}

func TestRefuseCSV(t *testing.T) {
	for _, c := range [][2]string{
		{"a,b\n\"x\" y,2\n", "x.csv:2:4: text after the closing quote of a cell"},
		{"a,b\n1,\"x\ny\n", "x.csv:2:3: the quote opened here is never closed"},
		{"a,b\né\xe9,2\n", "x.csv:2:2: the byte 0xe9 is not UTF-8"},
		{"a,b\n\"é\n\xe9\",2\n", "x.csv:3:1: the byte 0xe9 is not UTF-8"},
		{"\xff\xfea\x00,\x00", "x.csv:1:1: the file is UTF-16"},
		{"a\x00,b\n", "x.csv:1:2: a NUL byte: this is no text in UTF-8"},
		{strings.Repeat("x", maxCSVRow+300_000), "x.csv:1: a row of more than 16777216 bytes"},
		{"a\n\"" + strings.Repeat(strings.Repeat("x", 8191)+"\n", maxCSVRow/8192), "x.csv:2:1: the quote opened here is not closed within 16777216 bytes"},
	} {
		if _, err := readCSV(c[0], ','); err == nil || err.Error() != c[1] {
			t.Errorf("%.30q: %v, want %s", c[0], err, c[1])
		}
	}
}

// What encoding/csv writes is read back.
func TestCSVAgainstStandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 4).Draw(t, "width")
		cell := rapid.StringOf(rapid.SampledFrom([]rune("ab,\"\n é;")))
		table := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 1, 5).Draw(t, "table")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(t, "CRLF")
		w.WriteAll(table)
		in, _ := newInput(bytes.NewReader(b.Bytes()), Options{})
		src, _ := in.pass()
		r := newCSVReader(in, src, ',')
		for _, want := range table {
			if len(want) == 1 && want[0] == "" {
				continue // an empty line
			}
			cells, err := r.next(nil)
			if err != nil {
				t.Fatalf("%q: %v", b.String(), err)
			}
			var got []string
			for _, c := range cells {
				got = append(got, c.text)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q: got %q, want %q", b.String(), got, want)
			}
		}
	})
}

func TestSeparator(t *testing.T) {
	for header, want := range map[string]byte{"a": ',', "a,b": ',', "a;b;c,d": ';', "a\tb": '\t', "a|b|c": '|', `"a,b,c";d`: ';', "a,b;c": ','} {
		if got := separatorOf([]byte(header)); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}
