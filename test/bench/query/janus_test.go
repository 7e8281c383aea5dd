package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv(janusVariable) != "" {
		if err := serveJanus(); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// janusLacks says what janus-datalog refuses of the questions.
var janusLacks = map[string]string{
	"not": "expected vector", "not-many": "expected vector", "or": "expected vector",
	"closure": "expected vector", "reach": "expected vector", "reached": "expected vector",
}

func TestJanus(t *testing.T) {
	j := &janus{}
	t.Cleanup(j.close)
	if err := j.load(t.Context(), five()); err != nil {
		t.Fatal(err)
	}
	more := append(slices.Clip(questions), []struct {
		query
		want []string
	}{
		{query{"found", `[:find ?e ?a :in $ ?a :where [?e :person/age ?a]]`, []string{":db", "37"}},
			[]string{"[2 37]", "[3 37]"}},
		{query{"many", `[:find ?n :in $ ?e :where [?e :follows ?f] [?f :person/name ?n]]`, []string{":db", "3"}},
			[]string{`["Ivan"]`, `["Olga"]`}},
	}...)
	for _, q := range more {
		t.Run(q.id, func(t *testing.T) {
			p, err := j.prepare(t.Context(), q.query)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := p.rows(t.Context())
			if lacks := janusLacks[q.id]; lacks != "" {
				if err == nil || !strings.Contains(err.Error(), lacks) {
					t.Errorf("%v, %v instead of %s", rows, err, lacks)
				}
				return
			}
			slices.Sort(rows)
			if err != nil || !slices.Equal(rows, q.want) {
				t.Errorf("%v, %v\nwant %v", rows, err, q.want)
			}
			if n, err := p.count(t.Context()); err != nil || n != len(q.want) {
				t.Errorf("%d rows, %v; want %d", n, err, len(q.want))
			}
		})
	}
}

// TestJanusTimed also ends the process amid a query, after which another starts.
func TestJanusTimed(t *testing.T) {
	j := &janus{}
	t.Cleanup(j.close)
	if err := j.load(t.Context(), five()); err != nil {
		t.Fatal(err)
	}
	join := questions[0].query
	median, n, err := j.timed(t.Context(), join, 10*time.Millisecond)
	if err != nil || median <= 0 || n < 1 {
		t.Fatalf("%v of %d runs, %v", median, n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, _, err := j.timed(ctx, join, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v instead of the end of the time", err)
	}
	p, err := j.prepare(t.Context(), join)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := p.count(t.Context()); n != 4 || err != nil {
		t.Fatalf("%d rows and %v of a new process", n, err)
	}
}
