package index

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestFormatDocument: FORMAT.md shows the table and the branch that the code has.
func TestFormatDocument(t *testing.T) {
	text, err := os.ReadFile("../FORMAT.md")
	check(t, err)
	doc := strings.Join(strings.Fields(string(text)), " ")
	if table := strings.Trim(fmt.Sprint(survival), "[]"); !strings.Contains(doc, table) {
		t.Errorf("FORMAT.md does not have the table %s", table)
	}
	for _, part := range []string{"58 18 007dc9d4dacaef1d", goldenBranch[len(goldenBranch)-64:]} {
		if !strings.Contains(doc, part) || !strings.Contains(goldenBranch, strings.ReplaceAll(part, " ", "")) {
			t.Errorf("FORMAT.md does not show %s, or the branch has no such part", part)
		}
	}
}
