package fs

import "strings"

// lineEscaper keeps one value of many on one line.
var lineEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

// cellEscaper keeps a cell of a table between its tabs.
var cellEscaper = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// appendRow adds a line of a TSV table.
func appendRow(dst []byte, cells ...string) []byte {
	for i, c := range cells {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = append(dst, cellEscaper.Replace(c)...)
	}
	return append(dst, '\n')
}
