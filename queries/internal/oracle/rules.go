package oracle

import (
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// table is all that a rule derives from given values of its required parameters.
type table struct {
	rule   *logic.Rule
	given  []edn.Value
	tuples relation
}

// solve runs the rules and the clauses of the query in turn until no rule is asked for anything new.
// Before that, a not may pass rows that are denied once its rules are there, and functions may fail for
// them: an error counts when nothing new was asked for, or when it is that a limit is reached.
func (r *run) solve(p *logic.Program, rel relation) (relation, error) {
	for {
		r.asked = false
		found, err := r.round(p, rel)
		if !r.asked || r.stopped(err) {
			return found, err
		}
	}
}

func (r *run) round(p *logic.Program, rel relation) (relation, error) {
	if err := r.derive(p.Rules); err != nil {
		return rel, err
	}
	return r.body(rel, p.Where)
}

// stopped tells whether an error is of the limits, or of whoever gave up.
func (r *run) stopped(err error) bool {
	var e *lang.Error
	return errors.As(err, &e) && e.Code == lang.Limit || r.ctx.Err() != nil
}

// derive computes all tables anew. Rules are in groups, the called before their
// callers, so that what a not denies is complete when it is asked for.
func (r *run) derive(rules []*logic.Rule) error {
	for _, t := range r.order {
		t.tuples = relation{}
	}
	for _, rule := range rules {
		if err := r.fixpoint(rule.Group); err != nil {
			return err
		}
	}
	return nil
}

// fixpoint runs the rules of a group over and over until they derive nothing new.
func (r *run) fixpoint(group int) error {
	for grown := true; grown; {
		grown = false
		for i := 0; i < len(r.order); i++ {
			t := r.order[i]
			if t.rule.Group != group {
				continue
			}
			tuples, err := r.branches(t)
			if err != nil {
				return err
			}
			grown = grown || len(tuples.rows) > len(t.tuples.rows)
			t.tuples = tuples
		}
	}
	return nil
}

// branches is what the branches of a rule derive from what is known now.
func (r *run) branches(t *table) (relation, error) {
	var all relation
	for _, b := range t.rule.Branches {
		seed := relation{rows: [][]edn.Value{t.given}}
		for i, v := range b.Head {
			if t.rule.Required[i] {
				seed.vars = append(seed.vars, v)
			}
		}
		found, err := r.body(seed, b.Body)
		if err != nil {
			return all, err
		}
		found = found.project(b.Head)
		if all.vars == nil {
			all.vars = found.vars
		}
		all.rows = append(all.rows, found.rows...)
	}
	return all.distinct(), r.guard.Rows(len(all.rows))
}

// ruleCall joins what the rule derived.
func (r *run) ruleCall(rel relation, c *logic.RuleCall) (relation, error) {
	u := newUnifier(rel.vars, c.Args)
	out := relation{vars: u.vars}
	for _, row := range rel.rows {
		for _, tuple := range r.table(rel, row, c).tuples.rows {
			if err := r.guard.Step(); err != nil {
				return out, err
			}
			if next, ok := u.unify(row, tuple); ok && hasConstants(c.Args, tuple) {
				out.rows = append(out.rows, next)
			}
		}
	}
	return out.distinct(), nil
}

func hasConstants(args []lang.Term, tuple []edn.Value) bool {
	for i, t := range args {
		if t.Kind == lang.Constant && !same(t.Value, tuple[i]) {
			return false
		}
	}
	return true
}

// table finds the table for a call; one that is not there yet is empty, and computed next time.
func (r *run) table(rel relation, row []edn.Value, c *logic.RuleCall) *table {
	var given []edn.Value
	for i, t := range c.Args {
		switch {
		case !c.Rule.Required[i]:
		case t.Kind == lang.Variable:
			given = append(given, relation{rel.vars, [][]edn.Value{row}}.project([]lang.Var{t.Var}).rows[0][0])
		default:
			given = append(given, t.Value)
		}
	}
	key := fmt.Sprintf("%p %s", c.Rule, rowKey(given))
	t, ok := r.tables[key]
	if !ok {
		t = &table{rule: c.Rule, given: given}
		r.tables[key] = t
		r.order = append(r.order, t)
		r.asked = true
	}
	return t
}
