package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// janus is janus-datalog, a library for Go, in a process of its own: nothing interrupts its queries, and some take
// more memory than there is.
type janus struct {
	w       *workload
	process *process // nil while there is none
}

// janusRequest is a line for the process. Facts are gathered.
type janusRequest struct {
	Attrs   []janusAttr   `json:"attrs,omitempty"`
	Facts   []janusFact   `json:"facts,omitempty"`
	Query   string        `json:"query,omitempty"`
	Columns int           `json:"columns,omitempty"` // of the rows, the first
	Mode    string        `json:"mode,omitempty"`    // "rows", "count" or "time"
	AtLeast time.Duration `json:"atLeast,omitempty"`
}

type janusAttr struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// janusFact has a number or a text, as its attribute has.
type janusFact struct {
	Entity int64  `json:"e"`
	Attr   int    `json:"a"`
	Number int64  `json:"n,omitempty"`
	Text   string `json:"t,omitempty"`
}

// janusReply is a line from it.
type janusReply struct {
	Error  string        `json:"error,omitempty"`
	N      int           `json:"n"` // rows, or runs that were timed
	Median time.Duration `json:"median"`
	Rows   []string      `json:"rows,omitempty"`
}

func (j *janus) load(ctx context.Context, w *workload) error {
	j.close()
	j.w = w
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), janusVariable+"=1")
	if j.process, err = startProcess(cmd); err != nil {
		return err
	}
	request := janusRequest{}
	for _, a := range w.attrs {
		request.Attrs = append(request.Attrs, janusAttr{a.name, a.kind})
	}
	const batch = 10_000
	for i, e := range w.entities {
		for _, f := range e.facts {
			request.Facts = append(request.Facts, janusFactOf(e.id, f))
		}
		if len(request.Facts) >= batch || i == len(w.entities)-1 {
			if _, err := j.ask(ctx, request); err != nil {
				return err
			}
			request = janusRequest{}
		}
	}
	return nil
}

func janusFactOf(entity int64, f fact) janusFact {
	jf := janusFact{Entity: entity, Attr: f.attr}
	switch v := f.value.(type) {
	case int64:
		jf.Number = v
	case string:
		jf.Text = v
	}
	return jf
}

func (j *janus) ask(ctx context.Context, request janusRequest) (*janusReply, error) {
	if j.process == nil {
		return nil, errors.New("janus-datalog was stopped")
	}
	reply := &janusReply{}
	if err := j.process.ask(ctx, request, reply); err != nil {
		j.process = nil
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == janusFull {
			err = fmt.Errorf("takes more than %d GiB of memory", janusMemory>>30)
		}
		return nil, err
	}
	if reply.Error != "" {
		return nil, errors.New(reply.Error)
	}
	return reply, nil
}

func (j *janus) close() {
	if j.process != nil {
		j.process.stop()
		j.process = nil
	}
}

// prepare starts another process if the last one was ended for the query before.
func (j *janus) prepare(ctx context.Context, q query) (prepared, error) {
	text, columns, err := janusText(q)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.id, err)
	}
	if j.process == nil {
		if err := j.load(ctx, j.w); err != nil {
			return nil, err
		}
	}
	return &janusQuery{j, text, columns}, nil
}

// timed lets the process time itself, without the pipe and JSON.
func (j *janus) timed(ctx context.Context, q query, atLeast time.Duration) (time.Duration, int, error) {
	text, _, err := janusText(q)
	if err != nil {
		return 0, 0, err
	}
	reply, err := j.ask(ctx, janusRequest{Query: text, Mode: "time", AtLeast: atLeast})
	if err != nil {
		return 0, 0, err
	}
	return reply.Median, reply.N, nil
}
