package queries

import (
	"fmt"
	"io"
	"strconv"
	"strings"
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
	out := newSink(w)
	switch f {
	case TSV:
		out.buf = append(lineOf(out.buf, header(r), '\t', appendEscaped), '\n')
		writeRows(out, r, tsvLayout(r))
	case CSV:
		out.buf = append(lineOf(out.buf, header(r), ',', appendQuoted), '\n')
		writeRows(out, r, csvLayout(r))
	case JSON:
		writeJSON(out, r)
	case JSONL:
		writeRows(out, r, jsonLayout(r, "\n"))
	case EDN:
		writeEDN(out, r)
	case Table:
		writeTable(out, r)
	default:
		_, err := ParseFormat(string(f))
		return err
	}
	return out.flush()
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

// lineOf appends names with something between them.
func lineOf(dst []byte, names []string, between byte, escape func(dst []byte, from int) []byte) []byte {
	for i, name := range names {
		if i > 0 {
			dst = append(dst, between)
		}
		from := len(dst)
		dst = escape(append(dst, name...), from)
	}
	return dst
}
