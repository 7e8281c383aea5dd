package queries

import "github.com/dhfs/dhfs/engine/edn"

// jsonLayout has objects by column for a relation, else bare values; end is what follows each row.
func jsonLayout(r *Result, end string) layout {
	switch r.Shape {
	case Collection, Scalar:
		return separated(r, "", "", end, edn.AppendJSON)
	case Tuple:
		return separated(r, "[", ",", "]"+end, edn.AppendJSON)
	}
	l := layout{after: "}" + end, cell: edn.AppendJSON}
	for i, name := range header(r) {
		before := []byte{','}
		if i == 0 {
			before[0] = '{'
		}
		before = append(edn.AppendJSON(before, edn.MakeString(name)), ':')
		l.before = append(l.before, string(before))
	}
	return l
}

func writeJSON(out *sink, r *Result) {
	l := jsonLayout(r, "")
	if r.Shape == Scalar || r.Shape == Tuple {
		if r.Len() == 0 {
			out.buf = append(out.buf, "null"...)
		}
		writeRows(out, r.First(1), l)
		out.buf = append(out.buf, '\n')
		return
	}
	l.between = ",\n "
	out.buf = append(out.buf, '[')
	writeRows(out, r, l)
	out.buf = append(out.buf, "]\n"...)
}
