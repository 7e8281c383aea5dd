// Command query measures queries: it runs every workload on dhfs and on its
// peers, checks the answers, and prints one table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	if os.Getenv(janusVariable) != "" {
		if err := serveJanus(); err != nil {
			fmt.Fprintln(os.Stderr, "bench-query: janus:", err)
			os.Exit(1)
		}
		return
	}
	var b bench
	pattern := flag.String("run", ".", "the workload/query pairs to run, a regular expression")
	names := flag.String("peers", "sqlite,eav,datascript,janus", "which peers to run, separated by commas")
	flag.DurationVar(&b.atLeast, "time", 300*time.Millisecond, "how long to measure each query for")
	flag.DurationVar(&b.patience, "patience", 20*time.Second, "how long a peer may take for a query")
	flag.BoolVar(&b.expect, "expect", false, "print what engines agree on where nothing is expected yet")
	flag.Parse()
	var err error
	if b.pattern, err = regexp.Compile(*pattern); err == nil {
		b.peers, err = peersNamed(*names)
	}
	if err == nil {
		err = b.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-query:", err)
		os.Exit(1)
	}
}

// bench is one run of all measurements.
type bench struct {
	pattern  *regexp.Regexp
	peers    []peer
	atLeast  time.Duration
	patience time.Duration
	expect   bool

	expected map[string]expectation
	notes    []string
	snow     []float64 // SQLite's times by ours
	missed   int
}

func (b *bench) run(ctx context.Context) error {
	all, err := workloads()
	if err != nil {
		return err
	}
	if b.expected, err = expectations(); err != nil {
		return err
	}
	b.header()
	for _, w := range all {
		w.queries = slices.DeleteFunc(w.queries, func(q query) bool { return !b.pattern.MatchString(w.name + "/" + q.id) })
		if len(w.queries) > 0 {
			if err := b.workload(ctx, w); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	b.footer()
	return nil
}

func (b *bench) header() {
	fmt.Printf("milliseconds; medians of warm runs, the answer read but not printed, unless said otherwise\n\n%-32s %8s %9s %7s %9s %9s", "workload/query", "rows", "dhfs", "goal", "printed", "cold")
	for _, p := range b.peers {
		fmt.Printf(" %12s", p.name)
	}
	fmt.Println("  best peer ÷ dhfs")
}

func (b *bench) footer() {
	if len(b.snow) > 0 {
		sum := 0.0
		for _, x := range b.snow {
			sum += math.Log(x)
		}
		fmt.Printf("\nsnow: SQLite on normal tables takes %.1f times as long, the geometric mean of %d queries (goal 3)\n", math.Exp(sum/float64(len(b.snow))), len(b.snow))
	}
	if b.missed > 0 {
		fmt.Printf("%d goals missed (marked !)\n", b.missed)
	}
	if len(b.notes) > 0 {
		fmt.Printf("\n%s\n", strings.Join(b.notes, "\n"))
	}
}

// workload measures all queries of one workload.
func (b *bench) workload(ctx context.Context, w *workload) error {
	o := &ours{}
	defer o.close()
	if err := o.load(ctx, w); err != nil {
		return err
	}
	var loaded []peer
	for _, p := range b.peers {
		if err := p.engine.load(ctx, w); err != nil {
			b.note("%s: %s cannot be loaded: %v", w.name, p.name, err)
			p.engine = nil
		} else {
			defer p.engine.close()
		}
		loaded = append(loaded, p)
	}
	for _, q := range w.queries {
		if err := b.query(ctx, w, q, o, loaded); err != nil {
			return fmt.Errorf("%s: %w", q.id, err)
		}
	}
	return b.extras(ctx, w, o)
}

func (b *bench) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

// query measures one query on all engines and prints its line.
func (b *bench) query(ctx context.Context, w *workload, q query, o *ours, peers []peer) error {
	id := w.name + "/" + q.id
	a, err := o.ask(q)
	if err != nil {
		return err
	}
	want, known := b.expected[id]
	if known {
		if err := check(ctx, a, want); err != nil {
			return err
		}
	}
	n, err := a.count(ctx)
	if err != nil {
		return err
	}
	warm, err := median(b.atLeast, func() error { _, err := a.count(ctx); return err })
	if err != nil {
		return err
	}
	printed, err := median(b.atLeast, func() error { return a.print(ctx) })
	if err != nil {
		return err
	}
	cold, err := o.cold(ctx, q)
	if err != nil {
		return err
	}
	fmt.Printf("%-32s %8d %9.3f %7s %9.3f %9.1f", id, n, millis(warm), b.goal(id, warm), millis(printed), millis(cold))
	best := math.Inf(1)
	for i, p := range peers {
		t, err := b.peer(ctx, q, p, want, known)
		if err != nil {
			b.note("%s: %s: %v", id, b.peers[i].name, err)
			fmt.Printf(" %12s", b.instead(err))
			continue
		}
		fmt.Printf(" %12.3f", millis(t))
		best = min(best, millis(t)/millis(warm))
		if w.name == "snow" && p.name == "sqlite" {
			b.snow = append(b.snow, millis(t)/millis(warm))
		}
	}
	if !math.IsInf(best, 1) {
		fmt.Printf("  %.1f", best)
	}
	fmt.Println()
	if b.expect && !known {
		return b.agree(ctx, id, q, a, peers)
	}
	return nil
}

// goal is the goal of a query, marked when it is missed.
func (b *bench) goal(id string, took time.Duration) string {
	g, ok := goals[id]
	switch {
	case !ok:
		return ""
	case millis(took) > g:
		b.missed++
		return fmt.Sprintf("%g!", g)
	}
	return fmt.Sprintf("%g", g)
}

// peer measures a query on a peer, or says why it cannot be.
func (b *bench) peer(ctx context.Context, q query, p peer, want expectation, known bool) (time.Duration, error) {
	if p.engine == nil {
		return 0, errors.New("was not loaded")
	}
	run, err := p.engine.prepare(ctx, q)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	if known {
		if err := check(ctx, run, want); err != nil {
			return 0, b.patient(ctx, err)
		}
	}
	if t, ok := p.engine.(timer); ok {
		d, _, err := t.timed(ctx, q, b.atLeast)
		return d, b.patient(ctx, err)
	}
	d, err := median(b.atLeast, func() error { _, err := run.count(ctx); return err })
	return d, b.patient(ctx, err)
}

var (
	errWrong = errors.New("wrong")
	errSlow  = errors.New("takes more than")
)

// patient is err, or that patience ended if err came of that.
func (b *bench) patient(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w %v", errSlow, b.patience)
	}
	return err
}

// instead is what the table has where a peer has no time; notes below it say more.
func (b *bench) instead(err error) string {
	switch {
	case errors.Is(err, errWrong):
		return "wrong"
	case errors.Is(err, errSlow):
		return fmt.Sprintf("> %v", b.patience)
	}
	return "–"
}

// agree prints an expectation when another engine gives what dhfs does.
func (b *bench) agree(ctx context.Context, id string, q query, a *asked, peers []peer) error {
	rows, err := a.rows(ctx)
	if err != nil {
		return err
	}
	e := expectation{Count: len(rows), SHA256: digest(rows), Engines: []string{"dhfs"}}
	for _, p := range peers {
		if p.engine == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, b.patience)
		if run, err := p.engine.prepare(ctx, q); err == nil && check(ctx, run, e) == nil {
			e.Engines = append(e.Engines, p.name)
		}
		cancel()
	}
	if len(e.Engines) > 1 {
		fmt.Printf("%q: {\"count\": %d, \"sha256\": %q, \"engines\": [\"%s\"]}\n", id, e.Count, e.SHA256, strings.Join(e.Engines, `", "`))
	}
	return nil
}
