package datahike

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// branch is what a line is called in dhfs: names of refs have fewer characters than keywords.
func (im *importer) branch(line string) string { return branchName(line, im.o.Main) }

// branchName is what a line is called where that of the main branch is called main.
func branchName(line, main string) string {
	if line == MainBranch {
		return main
	}
	if line == main {
		line += ".datahike"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-/", r):
			return r
		}
		return '_'
	}, line)
}

// conn is where the line of a commit is written to, at its parent.
func (im *importer) conn(st *step) (*engine.Conn, error) {
	if c := im.conns[st.line]; c != nil {
		return c, nil
	}
	name := im.branch(st.line)
	at, hasParent := im.done[st.own]
	head, err := im.dst.Ref(im.ctx, "heads/"+name)
	var c *engine.Conn
	switch {
	case errors.Is(err, cas.ErrNotFound) && !hasParent:
		c, err = engine.CreateSigned(im.ctx, im.dst, name, im.options(st.Commit), time.UnixMilli(st.At), im.o.Key)
	case errors.Is(err, cas.ErrNotFound):
		if err = im.dst.SetRef(im.ctx, "heads/"+name, cid.Undef, at); err == nil {
			c, err = engine.Connect(im.ctx, im.dst, name)
		}
	case err == nil && hasParent && head != at:
		return nil, fmt.Errorf("branch %s has transactions that do not come from there: %w", name, cas.ErrConflict)
	case err == nil:
		if c, err = engine.Connect(im.ctx, im.dst, name); err == nil && !hasParent {
			err = im.mustBeEmpty(c, name)
		}
	}
	if err != nil {
		return nil, err
	}
	im.conns[st.line] = c
	return c, nil
}

func (im *importer) mustBeEmpty(c *engine.Conn, name string) error {
	db, err := c.DB(im.ctx)
	if err == nil && db.T() > 0 {
		err = fmt.Errorf("branch %s has transactions that do not come from there: %w", name, cas.ErrConflict)
	}
	return err
}

// options are those of the database that a store becomes.
func (im *importer) options(c *Commit) engine.Options {
	flexible := c.config.flexible || im.anyType
	return engine.Options{SchemaOnRead: flexible, NoHistory: !c.config.history}
}

// finish puts the branches where they belong, and compares them.
func (im *importer) finish() error {
	for b, id := range im.history.heads {
		at, ok := im.done[id]
		if !ok {
			return fmt.Errorf("branch %s: commit %s did not come over", b, id)
		}
		name := im.branch(b)
		head, err := im.dst.Ref(im.ctx, "heads/"+name)
		if errors.Is(err, cas.ErrNotFound) {
			head, err = at, im.dst.SetRef(im.ctx, "heads/"+name, cid.Undef, at)
		}
		if err != nil {
			return err
		}
		if head != at {
			return fmt.Errorf("branch %s has transactions that do not come from there: %w", name, cas.ErrConflict)
		}
		if im.o.Unchecked {
			continue
		}
		if err := im.compare(b, name, at); err != nil {
			return fmt.Errorf("branch %s: %w", b, err)
		}
	}
	return im.dropSpare()
}

// dropSpare removes the refs of lines that no branch of the store has any more; what merges reach stays.
func (im *importer) dropSpare() error {
	for line := range im.conns {
		if _, ok := im.history.heads[line]; ok {
			continue
		}
		head, err := im.dst.Ref(im.ctx, "heads/"+im.branch(line))
		if err == nil {
			err = im.dst.SetRef(im.ctx, "heads/"+im.branch(line), head, cid.Undef)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
