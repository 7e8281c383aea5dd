package queries

import "github.com/dhfs/dhfs/engine/edn"

// ednLayout has the items of Result.Value where there is one a row.
func ednLayout(r *Result) layout {
	switch {
	case r.Shape == Collection:
		return separated(r, "", "", "", edn.Append)
	case r.Maps == edn.Nil:
		return separated(r, "[", " ", "]", edn.Append)
	}
	l := layout{after: "}", cell: edn.Append}
	for i := range r.Columns {
		before := []byte(", ")
		if i == 0 {
			before = []byte("{")
		}
		l.before = append(l.before, string(edn.Append(before, r.label(i)))+" ")
	}
	return l
}

func writeEDN(out *sink, r *Result) {
	if r.Shape == Scalar || r.Shape == Tuple {
		writeEDNItems(out, r.Value())
		return
	}
	before, after := "#{", "}"
	if r.isVector() {
		before, after = "[", "]"
	}
	l := ednLayout(r)
	l.between = "\n" + "  "[:len(before)]
	out.buf = append(out.buf, before...)
	writeRows(out, r, l)
	out.buf = append(append(out.buf, after...), '\n')
}

// writeEDNItems writes one value, its items a line each.
func writeEDNItems(out *sink, v edn.Value) {
	before, after := "", ""
	switch v.Kind() {
	case edn.Set:
		before, after = "#{", "}"
	case edn.Vector:
		before, after = "[", "]"
	case edn.List:
		before, after = "(", ")"
	default:
		out.buf = append(edn.Append(out.buf, v), '\n')
		return
	}
	out.buf = append(out.buf, before...)
	for i, item := range v.Items() {
		if i > 0 {
			out.buf = append(append(out.buf, '\n'), "  "[:len(before)]...)
		}
		out.buf = edn.Append(out.buf, item)
		out.spill()
	}
	out.buf = append(append(out.buf, after...), '\n')
}
