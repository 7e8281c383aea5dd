package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress is a bar on the error stream; without a terminal there, or with --quiet, it shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// progress starts a bar over total bytes, 0 when that is not known.
func (a *app) progress(what string, total int64) progress {
	if !a.showsProgress() {
		return progress{}
	}
	return newProgress(a.err, what, total)
}

func (a *app) showsProgress() bool { return !a.quiet && isTerminal(a.err) }

func newProgress(w io.Writer, what string, total int64) progress {
	if total == 0 {
		total = -1
	}
	return progress{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(total > 0),
	)}
}

func (p progress) add(bytes int64) {
	if p.bar != nil {
		p.bar.Add64(bytes)
	}
}

func (p progress) set(bytes int64) {
	if p.bar == nil {
		return
	}
	if most := p.bar.GetMax64(); most >= 0 && bytes >= most { // the total was a guess, and a bar that is full is done
		p.bar.ChangeMax64(bytes + bytes/10 + 1)
	}
	p.bar.Set64(bytes)
}

func (p progress) done() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
