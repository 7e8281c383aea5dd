package edn

import "unicode/utf8"

// AppendPretty writes v over several lines of at most width characters where
// that is possible: what fits stays on one line, in longer collections each
// item, or key and value, has a line of its own.
func AppendPretty(dst []byte, v Value, width int) []byte {
	return appendPretty(dst, v, 0, width)
}

// appendPretty writes v, which begins after indent characters of its line.
func appendPretty(dst []byte, v Value, indent, width int) []byte {
	from := len(dst)
	dst = Append(dst, v)
	if indent+utf8.RuneCount(dst[from:]) <= width || len(v.Items()) == 0 {
		return dst
	}
	dst = dst[:from]
	switch v.kind {
	case Map:
		return append(prettyPairs(append(dst, '{'), v.Items(), indent+1, width), '}')
	case Set:
		return append(prettyItems(append(dst, "#{"...), v.Items(), indent+2, width), '}')
	case List:
		return append(prettyItems(append(dst, '('), v.Items(), indent+1, width), ')')
	case Vector:
		return append(prettyItems(append(dst, '['), v.Items(), indent+1, width), ']')
	}
	dst = append(append(append(dst, '#'), v.Text()...), ' ')
	return appendPretty(dst, v.Items()[0], indent+utf8.RuneCountInString(v.Text())+2, width)
}

func prettyItems(dst []byte, items []Value, indent, width int) []byte {
	for i, item := range items {
		if i > 0 {
			dst = newline(dst, indent)
		}
		dst = appendPretty(dst, item, indent, width)
	}
	return dst
}

func prettyPairs(dst []byte, pairs []Value, indent, width int) []byte {
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			dst = newline(dst, indent)
		}
		from := len(dst)
		dst = append(Append(dst, pairs[i]), ' ')
		dst = appendPretty(dst, pairs[i+1], indent+utf8.RuneCount(dst[from:]), width)
	}
	return dst
}

func newline(dst []byte, indent int) []byte {
	dst = append(dst, '\n')
	for range indent {
		dst = append(dst, ' ')
	}
	return dst
}
