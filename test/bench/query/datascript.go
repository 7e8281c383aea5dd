package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// slowest is how long DataScript may take for one query. It cannot be interrupted but by ending its process.
const slowest = 20 * time.Second

// dataScript is DataScript in a Node process of its own.
type dataScript struct {
	dir     string // of datascript.mjs and node_modules
	w       *workload
	process *process // nil while there is none
}

func newDataScript(dir string) *dataScript { return &dataScript{dir: dir} }

// scriptRequest is a line for the process.
type scriptRequest struct {
	Schema  map[string]map[string]any `json:"schema,omitempty"`
	Facts   [][3]any                  `json:"facts,omitempty"`
	Query   string                    `json:"query,omitempty"`
	Args    []any                     `json:"args,omitempty"`
	Form    string                    `json:"form,omitempty"`
	Mode    string                    `json:"mode,omitempty"`
	AtLeast float64                   `json:"atLeast,omitempty"`
}

// scriptReply is a line from it.
type scriptReply struct {
	Error  string            `json:"error"`
	N      int               `json:"n"`
	Median float64           `json:"median"` // in milliseconds
	Rows   []json.RawMessage `json:"rows"`
}

func (d *dataScript) load(ctx context.Context, w *workload) error {
	d.close()
	d.w = w
	if err := d.start(); err != nil {
		return err
	}
	if _, err := d.ask(ctx, scriptRequest{Schema: scriptSchema(w)}); err != nil {
		return err
	}
	const batch = 10_000
	var facts [][3]any
	for _, e := range w.entities {
		for _, f := range e.facts {
			a := w.attrs[f.attr]
			facts = append(facts, [3]any{e.id, ":" + a.name, cell(a, f.value)})
		}
		if len(facts) >= batch {
			if _, err := d.ask(ctx, scriptRequest{Facts: facts}); err != nil {
				return err
			}
			facts = facts[:0]
		}
	}
	if _, err := d.ask(ctx, scriptRequest{Facts: facts}); err != nil {
		return err
	}
	_, err := d.ask(ctx, scriptRequest{})
	return err
}

// scriptSchema has an index on every attribute, as the other engines do.
func scriptSchema(w *workload) map[string]map[string]any {
	schema := map[string]map[string]any{}
	for _, a := range w.attrs {
		traits := map[string]any{":db/index": true}
		if a.kind == "ref" {
			traits[":db/valueType"] = ":db.type/ref"
		}
		if a.many {
			traits[":db/cardinality"] = ":db.cardinality/many"
		}
		if a.unique {
			traits[":db/unique"] = ":db.unique/identity"
		}
		schema[":"+a.name] = traits
	}
	return schema
}

func (d *dataScript) start() error {
	cmd := exec.Command("node", "--max-old-space-size=4096", "datascript.mjs")
	cmd.Dir = d.dir
	var err error
	d.process, err = startProcess(cmd)
	return err
}

// ask sends a request and waits for its reply. The process ends if none comes while ctx lasts.
func (d *dataScript) ask(ctx context.Context, request scriptRequest) (*scriptReply, error) {
	if d.process == nil {
		return nil, errors.New("DataScript was stopped")
	}
	reply := &scriptReply{}
	if err := d.process.ask(ctx, request, reply); err != nil {
		d.process = nil
		return nil, err
	}
	if reply.Error != "" {
		return nil, errors.New(reply.Error)
	}
	return reply, nil
}

func (d *dataScript) close() {
	if d.process != nil {
		d.process.stop()
		d.process = nil
	}
}

func (d *dataScript) prepare(ctx context.Context, q query) (prepared, error) {
	p, err := newScriptQuery(d, q)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.id, err)
	}
	return p, nil
}

// timed lets the process time itself: the median of as many runs as take atLeast, and how many those were. The pipe
// and the writing of JSON are not counted.
func (d *dataScript) timed(ctx context.Context, q query, atLeast time.Duration) (time.Duration, int, error) {
	p, err := newScriptQuery(d, q)
	if err != nil {
		return 0, 0, err
	}
	p.request.AtLeast = float64(atLeast) / float64(time.Millisecond)
	reply, err := p.run(ctx, "time", 2*(slowest+atLeast))
	if err != nil {
		return 0, 0, err
	}
	return time.Duration(reply.Median * float64(time.Millisecond)), reply.N, nil
}
