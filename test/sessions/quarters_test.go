//go:build linux

package sessions

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// order is a line of orders.csv.
type order struct {
	id, customer, day string
	freight           float64
}

// corrected and canceled are what quarters.sh corrects between both days.
const (
	corrected, canceled = "10400", "10420"
	newFreight          = 99.5
	first, second       = "1997-03-31", "1997-06-30"
)

// TestQuarters compares the books of a shop at the ends of two quarters.
func TestQuarters(t *testing.T) {
	all := orders(t)
	play(t, "quarters.sh", []string{"../data/shop/orders.csv"}, func(t *testing.T, out string) {
		lines(t, out, quarters(all))
	})
}

// quarters is what quarters.sh should print, as the files of the orders have it.
func quarters(all []order) string {
	var only, added, changed []string // diff's own order: by name, per directory
	known := map[string]bool{}
	counts := map[string]int{}
	days := map[string]bool{"1997-05-04": true}
	fresh, files := 0, 0
	for _, o := range all {
		for _, day := range []string{"1996-09-30", "1996-12-31", first, second} {
			if o.day <= day {
				counts[day]++
			}
		}
		if o.day <= first {
			known[o.customer] = true
		}
	}
	var newCustomers []string
	for _, o := range all {
		switch {
		case o.id == canceled:
			only = append(only, fmt.Sprintf("Only in mnt/at/%s/entities/order: %s", first, o.id))
			changed = append(changed, facts("retract", o)...)
		case o.id == corrected:
			a, b := fmt.Sprintf("mnt/at/%s/entities/order/%s/freight", first, o.id), fmt.Sprintf("mnt/at/%s/entities/order/%s/freight", second, o.id)
			only = append(only, fmt.Sprintf("diff -r %s %s\n1c1\n< %s\n---\n> %s", a, b, number(o.freight), number(newFreight)))
			changed = append(changed, row("retract", o, "freight", number(o.freight)), row("add", o, "freight", number(newFreight)))
		case o.day > first && o.day <= second:
			fresh++
			days[o.day] = true
			only = append(only, fmt.Sprintf("Only in mnt/at/%s/entities/order: %s", second, o.id))
			added = append(added, facts("add", o)...)
			files += 3
			if !known[o.customer] {
				known[o.customer] = true
				newCustomers = append(newCustomers, o.customer)
				added = append(added, fmt.Sprintf("add\tcustomer/%s\t:customer/id\t%[1]s", o.customer))
				files++
			}
		}
	}
	slices.Sort(newCustomers)
	for i, c := range newCustomers {
		newCustomers[i] = fmt.Sprintf("Only in mnt/at/%s/entities/customer: %s", second, c)
	}
	forward := slices.Concat(added, changed)
	slices.Sort(forward)
	backward := make([]string, len(forward))
	for i, line := range forward {
		op, rest, _ := strings.Cut(line, "\t")
		backward[i] = map[string]string{"add": "retract", "retract": "add"}[op] + "\t" + rest
	}
	slices.Sort(backward)
	counts[second]--
	was := ""
	day := ""
	for _, o := range all {
		if o.id == corrected {
			was, day = number(o.freight), o.day
		}
	}
	return strings.Join(slices.Concat(
		[]string{"== diff -r"}, newCustomers, only,
		[]string{"== diff/"}, forward, []string{"== backwards"}, backward,
		[]string{"== orders", fmt.Sprintf("%d\n%d\n%d\n%d", counts["1996-09-30"], counts["1996-12-31"], counts[first], counts[second])},
		[]string{"== newer", strconv.Itoa(fresh), strconv.Itoa(fresh)},
		[]string{"== dates", "1997-05-04T09:00:00", day + "T17:00:00"},
		[]string{"== a query of two quarters", corrected + "\t" + was + "\t" + number(newFreight)},
		[]string{"== the same for every commit", strconv.Itoa(counts[first]), strconv.Itoa(counts[second]),
			fmt.Sprintf("2c2\n< %d\n---\n> %d", counts[first], counts[second])},
		[]string{"== log", strconv.Itoa(len(days))},
		[]string{"== git", fmt.Sprintf("%7d M\n%7d D\n%7d A", 1, 3, files)},
		[]string{"== a second import", fmt.Sprintf("books.edn: 0 datoms written in 0 transactions, t %d", 1+transactions(all))},
	), "\n") + "\n"
}

// transactions is how many there are: one for each day with orders, and the corrections.
func transactions(all []order) int {
	days := map[string]bool{}
	for _, o := range all {
		days[o.day] = true
	}
	return len(days) + 1
}

// facts are the lines of a table of changes for all of an order.
func facts(op string, o order) []string {
	return []string{row(op, o, "id", o.id), row(op, o, "customer", "customer/"+o.customer), row(op, o, "freight", number(o.freight))}
}

func row(op string, o order, attribute, value string) string {
	return fmt.Sprintf("%s\torder/%s\t:order/%s\t%s", op, o.id, attribute, value)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// orders reads the orders of the shop, by id.
func orders(t *testing.T) []order {
	t.Helper()
	var all []order
	for _, c := range rows(t, "../data/shop/orders.csv") {
		freight, err := strconv.ParseFloat(c[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, order{c[0], c[1], c[2], freight})
	}
	slices.SortFunc(all, func(a, b order) int { return strings.Compare(a.id, b.id) })
	return all
}
