package queries

import (
	"fmt"
	"strings"
	"time"

	"github.com/dhfs/dhfs/queries/internal/exec"
)

// Plan is how a query was run: its steps in the order in which they were begun. That of
// an answer which was kept is how it was found the first time.
type Plan struct {
	of   *exec.Plan
	text string // for what has no steps
}

// Step is one step of a plan: a clause, or several that were answered together.
type Step struct {
	Level     int    // how deep it is inside of others: not, or and rules have steps of their own
	Clause    string // as it would be written
	Index     string // how it was answered, and from which index
	Estimated float64
	In, Out   int   // rows before and after
	Blocks    int64 // read from the store; what the cache has does not count
	Bytes     int64 // of those blocks
	Elapsed   time.Duration
}

// Steps are the steps. There are none for an answer of RunNaive.
func (p Plan) Steps() []Step {
	if p.of == nil {
		return nil
	}
	steps := make([]Step, len(p.of.Steps))
	for i, s := range p.of.Steps {
		steps[i] = Step{s.Level, s.Text(), s.Index, s.Guess, s.In, s.Out, s.Blocks, s.Bytes, s.Elapsed}
	}
	return steps
}

// String is a table for people, a line a step.
func (p Plan) String() string {
	if p.of == nil {
		return p.text
	}
	var b strings.Builder
	steps := p.Steps()
	if len(steps) > 0 {
		fmt.Fprintf(&b, "%-56s %10s %10s %10s %7s %9s %10s  %s\n", "clause", "rows in", "estimated", "rows out", "blocks", "bytes", "time", "index")
	}
	for _, s := range steps {
		text := strings.Repeat("  ", s.Level) + s.Clause
		fmt.Fprintf(&b, "%-56s %10d %10.0f %10d %7d %9d %10s  %s\n",
			text, s.In, s.Estimated, s.Out, s.Blocks, s.Bytes, s.Elapsed.Round(time.Microsecond/10), s.Index)
	}
	if p.of.More {
		b.WriteString("…\n")
	}
	return b.String()
}
