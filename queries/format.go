package queries

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// Format is a way to write a result.
type Format string

// The formats. All but EDN and JSON begin with the names of the columns.
const (
	TSV   Format = "tsv"   // tabs between cells; tab, newline, return and backslash as \t \n \r \\
	CSV   Format = "csv"   // RFC 4180, lines end in \n
	JSON  Format = "json"  // a relation as an array of objects, a collection or tuple as an array, a scalar as itself or null
	JSONL Format = "jsonl" // one row a line, as in JSON
	EDN   Format = "edn"   // what Result.Value is, a row a line
	Table Format = "table" // aligned columns, for people
)

// ParseFormat finds the format of that name; "txt" is the table.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case TSV, CSV, JSON, JSONL, EDN, Table:
		return f, nil
	case "txt":
		return Table, nil
	}
	return "", fmt.Errorf("unknown format %q: try table, tsv, csv, json, jsonl or edn", name)
}

// Write prints r. The bytes depend on nothing but r and f.
func Write(w io.Writer, r *Result, f Format) error {
	out := bufio.NewWriter(w)
	var err error
	switch f {
	case TSV:
		err = writeTSV(out, r)
	case CSV:
		err = writeCSV(out, r)
	case JSON:
		err = writeJSON(out, r)
	case JSONL:
		err = writeJSONL(out, r)
	case EDN:
		err = writeEDN(out, r)
	case Table:
		err = writeTable(out, r)
	default:
		_, err = ParseFormat(string(f))
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// header is the names of the columns, variables without their question mark,
// no two alike.
func header(r *Result) []string {
	names := make([]string, len(r.Columns))
	seen := map[string]int{}
	for i, c := range r.Columns {
		name := strings.TrimPrefix(c, "?")
		if seen[name]++; seen[name] > 1 {
			name += "_" + strconv.Itoa(seen[name])
		}
		names[i] = name
	}
	return names
}

// AppendText adds a value as it is shown in a cell or a file: text and symbols
// as they are, keywords with their colon, numbers in their shortest exact form,
// instants as RFC 3339, bytes as hexadecimal digits, nil as nothing, collections as EDN.
func AppendText(dst []byte, v edn.Value) []byte {
	switch v.Kind() {
	case edn.Nil:
		return dst
	case edn.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case edn.String, edn.Symbol:
		return append(dst, v.Text()...)
	case edn.Keyword:
		return append(append(dst, ':'), v.Text()...)
	case edn.Bytes:
		return hex.AppendEncode(dst, []byte(v.Text()))
	case edn.Char, edn.Bool, edn.BigInt, edn.Float, edn.BigDec, edn.Inst, edn.UUID:
		if scalar, err := engine.FromEDN(engine.NilKind, v); err == nil {
			return append(dst, engine.Text(scalar)...)
		}
	}
	return edn.Append(dst, v)
}

// cellEscapes keep a cell between its tabs and on its line.
var cellEscapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func writeTSV(w *bufio.Writer, r *Result) error {
	for i, name := range header(r) {
		if i > 0 {
			w.WriteByte('\t')
		}
		cellEscapes.WriteString(w, name)
	}
	w.WriteByte('\n')
	return tsvRows(w, r.Rows)
}

func tsvRows(w *bufio.Writer, rows [][]edn.Value) error {
	var cell []byte
	for _, row := range rows {
		for i, v := range row {
			if i > 0 {
				w.WriteByte('\t')
			}
			cell = AppendText(cell[:0], v)
			writeCell(w, cell)
		}
		w.WriteByte('\n')
	}
	return nil // a failed write sticks until Flush
}

// writeCell escapes only what needs it: most cells do not.
func writeCell(w *bufio.Writer, cell []byte) {
	for _, c := range cell {
		if c == '\t' || c == '\n' || c == '\r' || c == '\\' {
			cellEscapes.WriteString(w, string(cell))
			return
		}
	}
	w.Write(cell)
}

func writeCSV(w io.Writer, r *Result) error {
	out := csv.NewWriter(w)
	if err := out.Write(header(r)); err != nil {
		return err
	}
	out.Flush()
	return csvRows(w, r.Rows)
}

func csvRows(w io.Writer, rows [][]edn.Value) error {
	out := csv.NewWriter(w)
	var line []string
	for _, row := range rows {
		line = line[:0]
		for _, v := range row {
			line = append(line, string(AppendText(nil, v)))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// jsonRow is one row: an object by column for a relation, else the bare values.
func jsonRow(dst []byte, shape Shape, names []string, row []edn.Value) []byte {
	switch shape {
	case Collection, Scalar:
		return edn.AppendJSON(dst, row[0])
	case Tuple:
		return edn.AppendJSON(dst, edn.MakeVector(row...))
	}
	dst = append(dst, '{')
	for i, v := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = edn.AppendJSON(dst, edn.MakeString(names[i]))
		dst = edn.AppendJSON(append(dst, ':'), v)
	}
	return append(dst, '}')
}

func writeJSON(w *bufio.Writer, r *Result) error {
	names := header(r)
	if r.Shape == Scalar || r.Shape == Tuple {
		line := []byte("null")
		if len(r.Rows) > 0 {
			line = jsonRow(nil, r.Shape, names, r.Rows[0])
		}
		_, err := w.Write(append(line, '\n'))
		return err
	}
	var line []byte
	w.WriteByte('[')
	for i, row := range r.Rows {
		line = append(line[:0], ",\n "...)
		if i == 0 {
			line = line[:0]
		}
		line = jsonRow(line, r.Shape, names, row)
		w.Write(line)
	}
	_, err := w.WriteString("]\n")
	return err
}

func writeJSONL(w *bufio.Writer, r *Result) error {
	names := header(r)
	var line []byte
	for _, row := range r.Rows {
		line = append(jsonRow(line[:0], r.Shape, names, row), '\n')
		w.Write(line)
	}
	return nil
}

func writeEDN(w *bufio.Writer, r *Result) error {
	v := r.Value()
	before, after := "", ""
	switch v.Kind() {
	case edn.Set:
		before, after = "#{", "}"
	case edn.Vector:
		before, after = "[", "]"
	case edn.List:
		before, after = "(", ")"
	default:
		_, err := w.Write(append(edn.Append(nil, v), '\n'))
		return err
	}
	w.WriteString(before)
	var line []byte
	for i, item := range v.Items() {
		if i > 0 {
			w.WriteString("\n" + "  "[:len(before)])
		}
		line = edn.Append(line[:0], item)
		w.Write(line)
	}
	_, err := w.WriteString(after + "\n")
	return err
}

func writeTable(w *bufio.Writer, r *Result) error {
	head := header(r)
	width := make([]int, len(head))
	right := make([]bool, len(head))
	for i, name := range head {
		width[i], right[i] = utf8.RuneCountInString(name), len(r.Rows) > 0
	}
	lines := make([][]string, len(r.Rows))
	for n, row := range r.Rows {
		lines[n] = make([]string, len(row))
		for i, v := range row {
			cell := visible(cellEscapes.Replace(string(AppendText(nil, v))))
			lines[n][i] = cell
			width[i] = max(width[i], utf8.RuneCountInString(cell))
			right[i] = right[i] && isNumber(v)
		}
	}
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = strings.Repeat("-", width[i])
	}
	for _, line := range append([][]string{head, rule}, lines...) {
		writeAligned(w, line, width, right)
	}
	return nil
}

// visible spells out control characters, which a terminal would obey.
func visible(cell string) string {
	if strings.IndexFunc(cell, unicode.IsControl) < 0 {
		return cell
	}
	var b strings.Builder
	for _, c := range cell {
		if unicode.IsControl(c) {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func isNumber(v edn.Value) bool {
	switch v.Kind() {
	case edn.Nil, edn.Int, edn.BigInt, edn.Float, edn.BigDec:
		return true
	}
	return false
}

// writeAligned writes one line of a table, without spaces at its end.
func writeAligned(w *bufio.Writer, cells []string, width []int, right []bool) {
	var line strings.Builder
	for i, cell := range cells {
		if i > 0 {
			line.WriteString("  ")
		}
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		if right[i] {
			line.WriteString(pad + cell)
		} else {
			line.WriteString(cell + pad)
		}
	}
	w.WriteString(strings.TrimRight(line.String(), " "))
	w.WriteByte('\n')
}
