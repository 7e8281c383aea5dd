//go:build linux

package sessions

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestWorkday has make, rsync and an import of what rsync copied in one session.
func TestWorkday(t *testing.T) {
	countries, customers := map[string]string{}, 0
	for _, c := range rows(t, "../data/shop/customers.csv") {
		countries[c[0]] = c[4]
		customers++
	}
	all := rows(t, "../data/shop/orders.csv")
	counts, utopia := map[string]int{}, 0 // orders of a country, orders of ALFKI
	for _, o := range all {
		counts[countries[o[1]]]++
		if o[1] == "ALFKI" {
			utopia++
		}
	}
	var report []string
	for _, country := range slices.Sorted(maps.Keys(counts)) {
		report = append(report, fmt.Sprintf("%s\t%d", country, counts[country]))
	}
	want := fmt.Sprintf(workday, strings.Join(report, "\n"), utopia, len(all), customers, len(all))
	play(t, "workday.sh", []string{"../data/shop/customers.csv", "../data/shop/orders.csv"}, func(t *testing.T, out string) {
		lines(t, out, want)
	})
}

// workday is what workday.sh prints, but for what the files of the shop say.
const workday = `== make
building
%s
== again
up to date
== after a change that the report does not show
== after one that it shows
building
Utopia	%d
== after another query
building
%d
== after a query that is wrong
no report
1:32: there is no attribute :order/di
did you mean :order/id?
== backup
Only in backup/: .history.edn
== a second one copies what changed
*deleting   entities/order/10692/
*deleting   entities/order/10692/customer
*deleting   entities/order/10692/date
*deleting   entities/order/10692/freight
*deleting   entities/order/10692/id
>f+++++++++ entities/order/99999/customer
>f+++++++++ entities/order/99999/id
>f.st...... .history.edn
>f.st...... entities/order/10643/freight
cd+++++++++ entities/order/99999/
== restore
the same root
the same files
Berlin
the same times, authors and messages
the same history
backup: entities: %d of kind customer, %d of kind order, by their keys
backup: 0 datoms written in 0 transactions, t 5
== edited by hand
diff -r mnt/head/entities/customer/ANTON/city mnt2/head/entities/customer/ANTON/city
1c1
< México D.F.
---
> Puebla
`
