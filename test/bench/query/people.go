package main

import "slices"

// The people of DataScript's benchmark: names, ages, salaries, and who follows whom.

var (
	firstNames = []string{"Ivan", "Petr", "Sergei", "Oleg", "Yuri", "Dmitry", "Fedor", "Denis"}
	lastNames  = []string{"Ivanov", "Petrov", "Sidorov", "Kovalev", "Kuznetsov", "Voronoi"}
	aliases    = []string{"A. C. Q. W.", "A. J. Finn", "A.A. Fair", "Aapeli", "Aaron Wolfe", "Abigail Van Buren", "Jeanne Phillips", "Abram Tertz", "Abu Nuwas", "Acton Bell", "Adunis"}
)

// The attributes of people, by their places.
const (
	name = iota
	lastName
	fullName
	alias
	sex
	age
	salary
	number
	follows
)

var peopleAttrs = []attr{
	name: {name: "name", kind: "string"}, lastName: {name: "last-name", kind: "string"}, fullName: {name: "full-name", kind: "string"},
	alias: {name: "alias", kind: "string", many: true}, sex: {name: "sex", kind: "keyword"}, age: {name: "age", kind: "long"},
	salary: {name: "salary", kind: "long"}, number: {name: "id", kind: "long", unique: true}, follows: {name: "follows", kind: "ref", many: true},
}

func person(r *random) []fact {
	first, last := pick(r, firstNames), pick(r, lastNames)
	var known []string
	for range r.below(10) {
		known = append(known, pick(r, aliases))
	}
	slices.Sort(known)
	facts := []fact{{name, first}, {lastName, last}, {fullName, first + " " + last}}
	for _, a := range slices.Compact(known) {
		facts = append(facts, fact{alias, a})
	}
	return append(facts, fact{sex, pick(r, []string{"male", "female"})}, fact{age, int64(r.below(100))}, fact{salary, int64(r.below(100000))})
}

// people20k is people in no order.
func people20k() *workload {
	r := newRandom(20261122)
	const n = 20000
	facts := make([][]fact, n+1)
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
		facts[i+1] = person(r)
	}
	shuffle(r, ids)
	w := &workload{name: "people20k", attrs: peopleAttrs}
	for _, id := range ids {
		w.entities = append(w.entities, entity{id, facts[id]})
	}
	return w
}

// trees are wide trees of people and long chains of them, which share one stream of numbers.
func trees() []*workload {
	r := newRandom(7)
	var all []*workload
	for _, shape := range [][2]int{{3, 3}, {5, 3}, {7, 3}, {4, 6}, {4, 5}} {
		w := &workload{name: sized("wide", shape), attrs: peopleAttrs}
		w.grow(r, 1, shape[0], int64(shape[1]))
		all = append(all, w)
	}
	for _, shape := range [][2]int{{10, 3}, {30, 3}, {30, 5}, {1000, 3}} {
		all = append(all, chains(shape))
	}
	return all
}

// grow makes a tree of a depth and width; the children of i are i·width and those that follow.
func (w *workload) grow(r *random, i int64, depth int, width int64) {
	facts := person(r)
	if depth == 0 {
		w.entities = append(w.entities, entity{i, facts})
		return
	}
	facts = append(facts, fact{number, i})
	for k := range width {
		facts = append(facts, fact{follows, i*width + k})
	}
	w.entities = append(w.entities, entity{i, facts})
	for k := range width {
		w.grow(r, i*width+k, depth-1, width)
	}
}

func chains(shape [2]int) *workload {
	w := &workload{name: sized("long", shape), attrs: peopleAttrs}
	id := int64(0)
	for range shape[1] {
		for y := range shape[0] + 1 {
			id++
			facts := []fact{{name, "Ivan"}}
			if y < shape[0] {
				facts = append(facts, fact{follows, id + 1})
			}
			w.entities = append(w.entities, entity{id, facts})
		}
	}
	return w
}
