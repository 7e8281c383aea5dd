// Package limit stops what gets out of hand: it counts rows and bytes and looks
// at the clock while a query runs.
package limit

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// The defaults.
const (
	DefaultRows    = 20_000_000
	DefaultMemory  = 2 << 30
	DefaultTimeout = 2 * time.Minute
)

// Limits bound one run. Zero means the default. Rows are numbered with 31 bits: more are never had at once.
type Limits struct {
	Rows    int
	Memory  int64
	Timeout time.Duration
}

// Guard watches over one run. It belongs to one goroutine.
type Guard struct {
	ctx    context.Context
	clock  clock
	rows   int
	memory int64
	steps  int
	held   int64
}

// Start begins to watch. The context it returns ends when time is up; stop must be called when the run is over.
func Start(ctx context.Context, l Limits) (g *Guard, limited context.Context, stop func()) {
	if l.Rows == 0 {
		l.Rows = DefaultRows
	}
	if l.Memory == 0 {
		l.Memory = DefaultMemory
	}
	if l.Timeout == 0 {
		l.Timeout = DefaultTimeout
	}
	c, limited, cancel := timed(ctx, l.Timeout)
	return &Guard{ctx: limited, clock: c, rows: min(l.Rows, math.MaxInt32), memory: l.Memory}, limited, cancel
}

// clock is when time is up, and how to end the context then.
type clock struct {
	until time.Time
	late  error
	end   context.CancelCauseFunc
}

// up ends the context.
func (c *clock) up() error {
	c.end(c.late)
	return c.late
}

func timed(ctx context.Context, t time.Duration) (c clock, limited context.Context, cancel func()) {
	c = clock{until: time.Now().Add(t), late: exceeded("the query takes longer than %v", t)}
	ctx, c.end = context.WithCancelCause(ctx)
	limited, stop := context.WithDeadlineCause(ctx, c.until, c.late)
	return c, limited, func() {
		stop()
		c.end(nil)
	}
}

// Shorten gives what runs from now on at most the time t, until restore is called; zero leaves the time as it is.
func (g *Guard) Shorten(ctx context.Context, t time.Duration) (limited context.Context, restore func()) {
	if t == 0 {
		return ctx, func() {}
	}
	before, clock := g.ctx, g.clock
	c, limited, cancel := timed(ctx, t)
	if clock.until.Before(c.until) {
		c.until, c.late = clock.until, clock.late
	}
	g.ctx, g.clock = limited, c
	return limited, func() {
		cancel()
		g.ctx, g.clock = before, clock
	}
}

func exceeded(format string, args ...any) *lang.Error {
	return lang.Refuse(lang.Limit, edn.Pos{}, format, args...).Try("ask for less, or raise the limit")
}

// stride is how many steps go by between two looks at the clock.
const stride = 1024

// Step is called for every row that is looked at.
func (g *Guard) Step() error {
	if g.steps++; g.steps%stride != 0 {
		return nil
	}
	return g.Check()
}

// Check looks at the clock now, for a timer may be late where all processors work.
func (g *Guard) Check() error {
	if g.ctx.Err() != nil {
		return context.Cause(g.ctx)
	}
	if !time.Now().Before(g.clock.until) {
		return g.clock.up()
	}
	return nil
}

// bytesPerNanosecond is how fast memory is cleared at best. It was twice as slow where that was measured.
const bytesPerNanosecond = 4

// Ready refuses memory that cannot even be cleared before time is up. Once it did, time is up.
func (g *Guard) Ready(bytes int64) error {
	if err := g.Check(); err != nil {
		return err
	}
	if time.Duration(bytes/bytesPerNanosecond) > time.Until(g.clock.until) {
		return g.clock.up()
	}
	return nil
}

// Rows refuses a relation of more rows than are allowed. For one that grows row by row it looks at the clock too.
func (g *Guard) Rows(n int) error {
	if n > 0 && n%stride == 0 {
		if err := g.Check(); err != nil {
			return err
		}
	}
	if n > g.rows {
		return exceeded("the query needs more than %d rows at once", g.rows)
	}
	return nil
}

// Hold counts bytes that are held from now on; a negative number gives some back.
func (g *Guard) Hold(bytes int64) error {
	if g.held += bytes; g.held > g.memory {
		return exceeded("the query needs more than %d MB of memory", g.memory>>20)
	}
	return nil
}

// Fits refuses so many bytes more than what is held, or than there is time for. Several goroutines may ask while nothing is held or given back.
func (g *Guard) Fits(bytes int64) error {
	if g.held+bytes > g.memory {
		return exceeded("the query needs more than %d MB of memory", g.memory>>20)
	}
	return g.Ready(bytes)
}

// Explain puts the reason in place of the error of a context that was ended by the guard.
func (g *Guard) Explain(err error) error {
	if err != nil && g.ctx.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return context.Cause(g.ctx)
	}
	return err
}
