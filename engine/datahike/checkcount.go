package datahike

import (
	"fmt"

	"github.com/dhfs/dhfs/engine"
)

// checkCount compares how many datoms hold after a commit with the store.
func (im *importer) checkCount(conn *engine.Conn, c *converter, commit, older *Commit) error {
	db, err := conn.DB(im.ctx)
	if err != nil {
		return err
	}
	want, err := commit.Count(im.ctx, EAVT)
	if err != nil {
		return err
	}
	left := c.left
	if older == nil {
		if left, err = im.leftOf(commit); err != nil {
			return err
		}
	}
	got, _, err := db.Count(im.ctx, engine.Pattern{})
	if err != nil {
		return err
	}
	counted := int64(got) - int64(db.T()) - undeclared(db, c.attrs) // each transaction has a time
	if counted != want-left {
		return fmt.Errorf("transaction %d: %d datoms hold, and %d in the store", commit.MaxTx, counted, want-left)
	}
	return nil
}

// undeclared is how many attributes are there only since they were used.
func undeclared(db engine.DB, declared map[int64]string) (n int64) {
	known := map[string]bool{}
	for _, ident := range declared {
		known[ident] = true
	}
	for a := range db.Schema().Attributes() {
		if !known[a.Ident] {
			n++
		}
	}
	return n
}

// leftOf counts what a converter leaves out, of all that holds.
func (im *importer) leftOf(c *Commit) (n int64, err error) {
	if n, ok := im.left[c.ID]; ok {
		return n, nil
	}
	schema, err := c.Schema(im.ctx)
	if err != nil {
		return 0, err
	}
	conv := &converter{schema: schema, maxTx: c.MaxTx, notes: im.notes}
	for d, err := range c.Datoms(im.ctx, EAVT) {
		if err != nil {
			return 0, err
		}
		s, ok, err := conv.say(d)
		if err != nil {
			return 0, err
		}
		if conv.uncounted(s, ok) {
			n++
		}
	}
	im.left[c.ID] = n
	return n, nil
}
