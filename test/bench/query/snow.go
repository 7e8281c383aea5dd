package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// snow is a star and snowflake of films, companies, people and keywords, in the shape of the join order benchmark
// of Leis and others, with made-up names and skewed joins.
func snow() *workload {
	s := &snowing{random: newRandom(31), w: &workload{name: "snow"}, places: map[string]int{}}
	s.kinds = s.named("kind/name", "movie", "tv series", "episode", "video movie", "video game", "tv movie", "short")
	s.companyTypes = s.named("ctype/name", "production companies", "distributors", "special effects companies", "miscellaneous companies")
	s.roles = s.named("role/name", "actor", "actress", "producer", "writer", "cinematographer", "composer", "costume designer", "director", "editor", "miscellaneous crew", "guest")
	s.infoTypes = s.named("itype/name", "genres", "rating", "votes", "budget", "release dates", "languages", "countries", "runtimes", "top 250 rank", "bottom 10 rank")
	s.makeCompanies()
	s.makeKeywords()
	s.makePeople()
	s.makeMovies()
	film := s.zipf(movies, 0.55)
	order := make([]int, movies)
	for i := range order {
		order[i] = i
	}
	shuffle(s.random, order)
	s.film = func() int { return order[film()] }
	who, company, keyword := s.zipf(cast, 0.75), s.zipf(companies, 0.95), s.zipf(keywords, 0.95)
	s.produce(company)
	s.tag(keyword)
	s.act(who)
	s.inform()
	return s.w
}

const (
	companies = 3000
	keywords  = 4000
	cast      = 30000
	movies    = 20000
)

// snowing is what was made so far.
type snowing struct {
	*random
	w      *workload
	places map[string]int // of attributes
	film   func() int
	genre  func() int

	kinds, companyTypes, roles, infoTypes []int64
	companies, keywords, people, movies   []int64
	years                                 []int
}

var snowRefs = []string{"movie/kind", "mc/movie", "mc/company", "mc/type", "mk/movie", "mk/keyword", "ci/movie", "ci/person", "ci/role", "mi/movie", "mi/type"}

// set is a fact of an attribute, which is added when it is first used.
func (s *snowing) set(attribute string, value any) fact {
	place, ok := s.places[attribute]
	if !ok {
		place = len(s.w.attrs)
		s.places[attribute] = place
		a := attr{name: attribute, kind: "string"}
		if attribute == "movie/year" {
			a.kind = "long"
		}
		for _, ref := range snowRefs {
			if ref == attribute {
				a.kind = "ref"
			}
		}
		s.w.attrs = append(s.w.attrs, a)
	}
	return fact{place, value}
}

func (s *snowing) add(facts ...fact) int64 {
	id := int64(len(s.w.entities) + 1)
	s.w.entities = append(s.w.entities, entity{id, facts})
	return id
}

func (s *snowing) named(attribute string, names ...string) []int64 {
	var ids []int64
	for _, n := range names {
		ids = append(ids, s.add(s.set(attribute, n)))
	}
	return ids
}

var syllables = strings.Fields("ka ro mi ten sal vor lin del mar osh bek tur gan fel nov ya zin pol dre kus")

// word is of so many syllables.
func (s *snowing) word(least, most int) string {
	var b strings.Builder
	for range s.between(least, most) {
		b.WriteString(pick(s.random, syllables))
	}
	text := b.String()
	return strings.ToUpper(text[:1]) + text[1:]
}

func (s *snowing) makeCompanies() {
	countries := strings.Fields("[us] [de] [fr] [gb] [jp] [in] [ru] [it] [pl] [se]")
	country := s.zipf(10, 1.1)
	for i := range companies {
		c := country()
		name := s.word(2, 4) + " " + pick(s.random, []string{"Film", "Pictures", "Studios", "Media"}) + " " + strconv.Itoa(i)
		s.companies = append(s.companies, s.add(s.set("company/name", name), s.set("company/country", countries[c])))
	}
}

func (s *snowing) makeKeywords() {
	known := strings.Fields("superhero sequel character-name-in-title marvel based-on-novel murder blood love revenge nerd")
	for i := range keywords {
		k := ""
		if i < len(known) {
			k = known[i]
		} else {
			k = strings.ToLower(s.word(2, 4)) + "-" + strconv.Itoa(i)
		}
		s.keywords = append(s.keywords, s.add(s.set("keyword/name", k)))
	}
}

func (s *snowing) makePeople() {
	for range cast {
		name := s.word(1, 2)
		name += ", " + s.word(2, 3)
		s.people = append(s.people, s.add(s.set("person/name", name), s.set("person/gender", pick(s.random, []string{"m", "m", "f"}))))
	}
}

func (s *snowing) makeMovies() {
	kind := s.zipf(7, 0.9)
	s.genre = s.zipf(8, 0.7)
	for range movies {
		k, spread := kind(), 22.0
		if k == 4 {
			spread = 7
		}
		year := int(2013 - math.Abs(s.normal(0, spread)))
		title := s.word(2, 4)
		title += " " + s.word(2, 4)
		if s.float() < .05 {
			title += fmt.Sprintf(" (Part %d)", s.between(2, 9))
		}
		s.years = append(s.years, year)
		s.movies = append(s.movies, s.add(s.set("movie/title", title), s.set("movie/year", int64(year)), s.set("movie/kind", s.kinds[k])))
	}
}
