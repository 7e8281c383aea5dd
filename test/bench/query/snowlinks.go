package main

import (
	"fmt"
	"strconv"
)

// produce links films to companies.
func (s *snowing) produce(company func() int) {
	notes := []string{"(worldwide)", "(theatrical)", "(as Metro)", "(VHS)", "(TV)", "(co-production)", "(presents)"}
	for range 50000 {
		m := s.film()
		c := company()
		kind := s.companyTypes[0]
		if s.float() >= .5 {
			kind = pick(s.random, s.companyTypes[1:])
		}
		facts := []fact{s.set("mc/movie", s.movies[m]), s.set("mc/company", s.companies[c]), s.set("mc/type", kind)}
		if s.float() < .55 {
			note := pick(s.random, notes)
			if s.float() < .5 {
				note += fmt.Sprintf(" (%d)", s.years[m])
			}
			facts = append(facts, s.set("mc/note", note))
		}
		s.add(facts...)
	}
}

// tag links films to keywords.
func (s *snowing) tag(keyword func() int) {
	for range 50000 {
		m := s.film()
		k := keyword()
		if s.years[m] > 2000 && s.float() < .1 {
			k = s.below(4)
		}
		s.add(s.set("mk/movie", s.movies[m]), s.set("mk/keyword", s.keywords[k]))
	}
}

// act links films to people.
func (s *snowing) act(who func() int) {
	notes := []string{"(voice)", "(uncredited)", "(producer)", "(executive producer)", "(writer)"}
	for range 120000 {
		m := s.film()
		p := who()
		role := min(10, int(s.exponential(.45)))
		facts := []fact{s.set("ci/movie", s.movies[m]), s.set("ci/person", s.people[p]), s.set("ci/role", s.roles[role])}
		if s.float() < .25 {
			facts = append(facts, s.set("ci/note", pick(s.random, notes)))
		}
		s.add(facts...)
	}
}

// inform says things about films.
func (s *snowing) inform() {
	for range 60000 {
		m := s.film()
		kind := min(9, int(s.exponential(.3)))
		s.add(s.set("mi/movie", s.movies[m]), s.set("mi/type", s.infoTypes[kind]), s.set("mi/info", s.info(kind, m)))
	}
}

func (s *snowing) info(kind, m int) string {
	switch kind {
	case 0:
		return []string{"Drama", "Comedy", "Horror", "Action", "Thriller", "Documentary", "Sci-Fi", "Romance"}[s.genre()]
	case 1:
		return fmt.Sprintf("%.1f", s.beta(5, 3)*10)
	case 2:
		return strconv.Itoa(int(s.pareto(.6)*10) % 1000000)
	case 3:
		return fmt.Sprintf("$%d,000", 1+s.below(199999))
	case 4:
		return fmt.Sprintf("USA: %d", s.years[m])
	case 5:
		return pick(s.random, []string{"English", "German", "French"})
	case 6:
		return pick(s.random, []string{"USA", "Germany", "France", "Sweden"})
	case 7:
		return strconv.Itoa(60 + s.below(140))
	case 8:
		return strconv.Itoa(1 + s.below(250))
	}
	return strconv.Itoa(1 + s.below(10))
}
