package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
)

// extras are what is measured of dhfs alone.
func (b *bench) extras(ctx context.Context, w *workload, o *ours) error {
	switch w.name {
	case "snow":
		return b.orders(ctx, w, o)
	case "people20k":
		return b.past(ctx, o)
	}
	return nil
}

// orders measures each query with its clauses in twenty orders.
func (b *bench) orders(ctx context.Context, w *workload, o *ours) error {
	const each = 20
	r := newRandom(1)
	fmt.Printf("\n%d orders of the clauses of each query (goal: within 20 %%)\n", each)
	for _, q := range w.queries {
		var all []*asked
		for range each {
			other, err := shuffled(r, q)
			if err != nil {
				return err
			}
			a, err := o.ask(other)
			if err != nil {
				return err
			}
			all = append(all, a)
		}
		times, err := inTurn(ctx, 4*b.atLeast, all)
		if err != nil {
			return err
		}
		plans, err := distinctPlans(ctx, all)
		if err != nil {
			return err
		}
		fmt.Printf("%-32s plans %d  fastest %.3f  median %.3f  slowest %.3f  slowest ÷ median %.2f\n", w.name+"/"+q.id, plans,
			millis(times[0]), millis(times[each/2]), millis(times[each-1]), float64(times[each-1])/float64(times[each/2]))
	}
	return nil
}

// distinctPlans is in how many ways the queries are answered: equal ones take the same clauses to the same rows. Where there is
// one way, times differ by what else the machine does.
func distinctPlans(ctx context.Context, all []*asked) (int, error) {
	plans := map[string]bool{}
	for _, a := range all {
		r, err := a.run(ctx)
		if err != nil {
			return 0, err
		}
		plan := ""
		for _, s := range r.Stats.Plan.Steps() {
			plan += fmt.Sprintln(s.Level, s.Clause, s.In, s.Out)
		}
		plans[plan] = true
	}
	return len(plans), nil
}

// inTurn is the shortest of each query's times, in ascending order. The queries take turns, so that what else the
// machine does falls on all of them alike.
func inTurn(ctx context.Context, atLeast time.Duration, all []*asked) ([]time.Duration, error) {
	times := make([][]time.Duration, len(all))
	for began := time.Now(); len(times[0]) < 5 || time.Since(began) < atLeast; {
		for i, a := range all {
			t := time.Now()
			if _, err := a.count(ctx); err != nil {
				return nil, err
			}
			times[i] = append(times[i], time.Since(t))
		}
	}
	shortest := make([]time.Duration, len(all))
	for i, t := range times {
		shortest[i] = slices.Min(t)
	}
	slices.Sort(shortest)
	return shortest, nil
}

var ages = query{id: "ages", text: `[:find ?e ?a :where [?e :name "Ivan"] [?e :age ?a]]`, args: []string{":db"}}

// past measures a query at an earlier time and over history, and one whose answer is kept across a commit.
func (b *bench) past(ctx context.Context, o *ours) error {
	before := o.db
	people, err := o.ask(ages)
	if err != nil {
		return err
	}
	if err := o.birthdays(ctx, people); err != nil {
		return err
	}
	asOf, err := o.db.AsOf(ctx, before.T())
	if err != nil {
		return err
	}
	fmt.Println()
	if err := b.view(ctx, "as-of: name and age", &asked{query: people.query, args: people.args, db: asOf}, "people20k/q2", 0.3); err != nil {
		return err
	}
	if err := b.view(ctx, "history: name and age", &asked{query: people.query, args: people.args, db: o.db.History()}, "people20k/q2-history", 3); err != nil {
		return err
	}
	kept := &asked{query: people.query, args: people.args, db: o.db, kept: true}
	if _, err := kept.count(ctx); err != nil {
		return err
	}
	if err := o.transact(ctx, []edn.Value{edn.MakeMap(edn.MakeKeyword("id"), edn.MakeInt(1))}); err != nil {
		return err
	}
	kept.db = o.db
	return b.view(ctx, "the same after an unrelated commit", kept, "people20k/q2-after", 0.05)
}

// birthdays is how many people get older between two databases: the first that the query finds. It is part of what is expected.
const birthdays = 100

func (o *ours) birthdays(ctx context.Context, people *asked) error {
	r, err := people.run(ctx)
	if err != nil {
		return err
	}
	var forms []edn.Value
	for i := range birthdays {
		row := r.Row(i)
		forms = append(forms, edn.MakeMap(edn.MakeKeyword("db/id"), row[0], edn.MakeKeyword("age"), edn.MakeInt(row[1].Int()+100)))
	}
	return o.transact(ctx, forms)
}

// view measures a query on one view of the database, whose answer is expected under a name.
func (b *bench) view(ctx context.Context, name string, a *asked, expected string, goal float64) error {
	want := b.expected[expected]
	if err := check(ctx, a, want); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t, err := median(b.atLeast, func() error { _, err := a.count(ctx); return err })
	if err != nil {
		return err
	}
	mark := ""
	if millis(t) > goal {
		b.missed++
		mark = "!"
	}
	fmt.Printf("%-40s %8d rows %9.3f  goal %g%s\n", name, want.Count, millis(t), goal, mark)
	return nil
}
