package datahike

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/google/uuid"
	"github.com/ipfs/go-cid"
)

// ImportOptions say how a store becomes a database.
type ImportOptions struct {
	Main      string             // what the branch :db is called; "": main
	Key       crypto.Signer      // signs the commits, as in engine.Meta
	Progress  func(done, of int) // told of commits; may be nil
	Unchecked bool               // branches are not compared at the end, datom by datom; what holds is counted all the same
}

// Imported is what an import did.
type Imported struct {
	Commits, Transactions int // that came over
	Before                int // commits that were there already
	Branches              []ImportedBranch
	Notes                 []string              // what is different from the store, a sentence each
	ByUUID                map[uuid.UUID]cid.Cid // all commits that are there, by Datahike's ids
}

// ImportedBranch is a branch after the import, compared with the store.
type ImportedBranch struct {
	Name   string
	Commit cid.Cid
	T      uint64
	Datoms int64 // that hold
	Checked
}

// mark is how the message of a commit that has all of one of Datahike's begins.
const mark = "datahike "

// Import brings all commits of a store into the database in dst, which is made if it is not there: transaction by transaction, with the
// ids of entities, times, what is said of transactions, schema, branches and parents. Commits that came over before are left
// out. Afterwards each branch is compared with the store, datom by datom; a difference is an error.
// The error wraps cas.ErrConflict where a branch of dst has gone elsewhere.
func Import(ctx context.Context, dst cas.RefStore, src *Store, o ImportOptions) (*Imported, error) {
	if o.Main == "" {
		o.Main = "main"
	}
	im := &importer{ctx: ctx, dst: dst, src: src, o: o, done: map[uuid.UUID]cid.Cid{}, left: map[uuid.UUID]int64{}, conns: map[string]*engine.Conn{}, notes: &notes{}}
	if err := im.recall(); err != nil {
		return nil, err
	}
	im.out.Before = len(im.done)
	h, err := plan(ctx, src, func(id uuid.UUID) bool { _, ok := im.done[id]; return ok })
	if err != nil {
		return nil, err
	}
	im.history = h
	if err := im.run(); err != nil {
		return nil, err
	}
	im.out.Notes, im.out.ByUUID = im.notes.list(), im.done
	return &im.out, nil
}

// Pending is how many commits and transactions an import would bring.
func Pending(ctx context.Context, dst cas.RefStore, src *Store) (commits int, err error) {
	im := &importer{ctx: ctx, dst: dst, src: src, done: map[uuid.UUID]cid.Cid{}}
	if err := im.recall(); err != nil {
		return 0, err
	}
	h, err := plan(ctx, src, func(id uuid.UUID) bool { _, ok := im.done[id]; return ok })
	if err != nil {
		return 0, err
	}
	for _, st := range h.order {
		if st.MaxTx > FirstTx {
			commits++
		}
	}
	return commits, nil
}

type importer struct {
	ctx     context.Context
	dst     cas.RefStore
	src     *Store
	o       ImportOptions
	history *history
	done    map[uuid.UUID]cid.Cid
	left    map[uuid.UUID]int64     // of commits, as a converter counts it
	conns   map[string]*engine.Conn // by line
	notes   *notes
	anyType bool
	out     Imported
}

// recall finds the commits that were imported before, by their messages.
func (im *importer) recall() error {
	refs, err := im.dst.Refs(im.ctx)
	if err != nil {
		return err
	}
	var heads []cid.Cid
	for _, r := range refs {
		if strings.HasPrefix(r.Name, "heads/") {
			heads = append(heads, r.CID)
		}
	}
	for c, err := range engine.History(im.ctx, im.dst, heads) {
		if err != nil {
			return err
		}
		if text, ok := strings.CutPrefix(c.Msg, mark); ok {
			if id, err := uuid.Parse(text); err == nil {
				im.done[id] = c.ID
			}
		}
	}
	return nil
}

func (im *importer) run() error {
	if err := im.decideTypes(); err != nil {
		return err
	}
	last := map[string]*step{}
	for _, st := range im.history.order {
		last[st.line] = st
	}
	for i, st := range im.history.order {
		if err := im.step(st, last[st.line] == st); err != nil {
			return fmt.Errorf("commit %s: %w", st.ID, err)
		}
		if im.o.Progress != nil {
			im.o.Progress(i+1, len(im.history.order))
		}
	}
	return im.finish()
}

// decideTypes finds out whether the schema has types that dhfs does not have: then the database is one whose schema is on read.
func (im *importer) decideTypes() error {
	for b := range im.history.heads {
		c, err := im.src.Head(im.ctx, b)
		if err != nil {
			return err
		}
		schema, err := c.Schema(im.ctx)
		if err != nil {
			return err
		}
		for ident := range schema.attrs {
			if name := schema.valueType(ident); name != "" && !isForeign(ident) && !strings.HasPrefix(ident, "db") && !knownType("db.type/"+name) {
				im.notes.add(fmt.Sprintf("attribute :%s has type :db.type/%s, which dhfs does not have: it takes any value, so the schema is on read", ident, name))
				im.anyType = true
			}
		}
	}
	return nil
}

// step brings one commit over.
func (im *importer) step(st *step, last bool) error {
	conn, err := im.conn(st)
	if err != nil {
		return err
	}
	db, err := conn.DB(im.ctx)
	if err != nil {
		return err
	}
	older, err := im.older(st)
	if err != nil {
		return err
	}
	list, err := Transactions(im.ctx, older, st.Commit, FirstTx+int64(db.T()))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		im.done[st.ID] = db.Commit()
		return nil
	}
	c, err := im.converter(st.Commit, older, db)
	if err != nil {
		return err
	}
	for i, t := range list {
		if err := im.transact(conn, c, st, t, i == len(list)-1, last); err != nil {
			return fmt.Errorf("transaction %d: %w", t.Tx, err)
		}
	}
	im.out.Commits++
	im.left[st.ID] = c.left
	if older == nil {
		delete(im.left, st.ID) // what came before is not counted
	}
	return im.checkCount(conn, c, st.Commit, older)
}

// older is the commit that a step goes on from, nil where the store has forgotten it.
func (im *importer) older(st *step) (*Commit, error) {
	if p, ok := im.history.commits[st.own]; ok {
		return p.Commit, nil
	}
	if st.own == (uuid.UUID{}) {
		return nil, nil
	}
	c, err := im.src.Commit(im.ctx, st.own)
	if errors.Is(err, cas.ErrNotFound) {
		return nil, nil
	}
	return c, err
}

func (im *importer) converter(c, older *Commit, db engine.DB) (*converter, error) {
	schema, err := c.Schema(im.ctx)
	if err != nil {
		return nil, err
	}
	conv := &converter{schema: schema, attrs: map[int64]string{}, last: -1 << 62, at: c.At, maxTx: c.MaxTx, notes: im.notes}
	if db.T() > 0 {
		conv.last = db.At().UnixMilli()
	}
	if older == nil {
		return conv, nil
	}
	before, err := older.Schema(im.ctx)
	if err != nil {
		return nil, err
	}
	conv.attrs = before.attributes()
	conv.left, err = im.leftOf(older)
	return conv, err
}

// transact runs one transaction; the last of a commit has its name and its further parents.
func (im *importer) transact(conn *engine.Conn, c *converter, st *step, t Transaction, whole, last bool) error {
	forms, err := c.forms(t)
	if err != nil {
		return err
	}
	msg := mark + st.ID.String()
	var parents []cid.Cid
	if whole {
		for _, id := range st.other {
			parents = append(parents, im.done[id])
		}
	} else {
		msg = fmt.Sprintf("%sof %s", mark, st.ID)
	}
	r, err := conn.TransactJoining(im.ctx, forms, parents, whole && last, engine.Meta{Msg: msg, Key: im.o.Key})
	if err != nil {
		return err
	}
	im.out.Transactions++
	if whole {
		im.done[st.ID] = r.Commit.ID
	}
	return nil
}
