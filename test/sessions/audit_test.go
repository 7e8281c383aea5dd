//go:build linux

package sessions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestAudit audits a quarter of Chinook: three changes that somebody made are found by diff, by one query of two times and
// by blame, with who made them, when and why.
func TestAudit(t *testing.T) {
	var gone []string // facts of the first day that do not hold on the last
	for _, c := range rows(t, "../data/chinook/customers.csv") {
		if c[0] == "12" {
			gone = append(gone, ":customer/email\t"+c[4])
		}
	}
	var total string
	for _, i := range rows(t, "../data/chinook/invoices.csv") {
		switch i[0] {
		case "250":
			total = i[4]
			gone = append(gone, ":invoice/total\t"+total)
		case "240":
			gone = append(gone, ":invoice/id\t240", ":invoice/country\t"+i[3], ":invoice/total\t"+i[4])
		}
	}
	for _, l := range rows(t, "../data/chinook/invoice-lines.csv") {
		if l[1] == "240" {
			gone = append(gone, ":line/id\t"+l[0], ":line/track\t"+l[2])
		}
	}
	slices.Sort(gone)
	if len(gone) < 7 {
		t.Fatalf("the data is not there: %q", gone)
	}
	files := []string{"../data/chinook/customers.csv", "../data/chinook/employees.csv", "../data/chinook/invoices.csv", "../data/chinook/invoice-lines.csv"}
	play(t, "audit.sh", files, func(t *testing.T, out string) {
		parts := sections(out)
		all := strings.Join(gone, "\n")
		lines(t, parts["what is no longer as it was"], all)
		lines(t, parts["the same by one query of two times"], all)
		email := strings.TrimPrefix(gone[0], ":customer/email\t")
		lines(t, parts["what was put in its place"], fmt.Sprintf(":customer/email\t%s\troberto@elsewhere.example\n:invoice/total\t%s\t0.99", email, total))
		lines(t, parts["blame"], "0.99|2024-04-20T22:10:00|Steve Johnson|rounding\nroberto@elsewhere.example|2024-05-17T23:30:00|Michael Mitchell|as asked for by phone")
		lines(t, parts["who removed it"], "time\t2024-06-08T03:00:00.000Z\nauthor\tRobert King\nmessage\twas there twice")
		lines(t, parts["nothing else was changed by anybody in the quarter"], "3")
		if rest := parts["in the quarter before, nothing"]; rest != "" {
			t.Errorf("in the quarter before: %s", rest)
		}
	})
}
