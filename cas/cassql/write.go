package cassql

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

const (
	// A statement stores so many blocks or bytes at most; a larger block has one of its own.
	insertRows  = 200
	insertBytes = 1 << 20
)

// write is what one transaction writes.
type write struct {
	bound bool  // to the epoch: it fails when garbage was removed since
	epoch int64 // in which its writer looked at the store
	rows  []row // in the order of their names, so that writers do not wait for each other in a circle
	ref   string
	old   cid.Cid
	next  cid.Cid
}

// newWrite prepares blocks and checks what can be checked here.
func newWrite(blocks []cas.Block) (*write, error) {
	w := &write{rows: make([]row, 0, len(blocks))}
	for _, b := range blocks {
		if !b.CID().Defined() {
			return nil, errors.New("a block without a CID cannot be stored: make it with NewBlock or Check")
		}
		if len(b.Data()) > largest {
			return nil, fmt.Errorf("block %s has %d bytes: at most %d", b.CID(), len(b.Data()), largest)
		}
		w.rows = append(w.rows, rowOf(b))
	}
	slices.SortFunc(w.rows, func(a, b row) int { return bytes.Compare(a.id, b.id) })
	w.rows = slices.CompactFunc(w.rows, func(a, b row) bool { return bytes.Equal(a.id, b.id) })
	return w, nil
}

// brings tells whether the write stores a block.
func (w *write) brings(id cid.Cid) bool {
	_, ok := slices.BinarySearchFunc(w.rows, id.Bytes(), func(r row, name []byte) int { return bytes.Compare(r.id, name) })
	return ok
}

// Put implements cas.Store. It is one transaction.
func (s *Store) Put(ctx context.Context, blocks []cas.Block) error {
	return s.write(ctx, "put blocks", blocks, &write{})
}

// SetRef implements cas.Refs.
func (s *Store) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}

// Commit implements cas.Committer: blocks and ref in one transaction. Where the ref has moved no block is stored.
//
// When the connection ends before the database has answered, what became of the transaction is found out, within 5 s,
// by trying again: it has its effect once.
func (s *Store) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	return s.commit(ctx, blocks, &write{ref: ref, old: old, next: next})
}

func (s *Store) commit(ctx context.Context, blocks []cas.Block, w *write) error {
	if err := errors.Join(ctx.Err(), cas.CheckRefName(w.ref)); err != nil {
		return err
	}
	err := s.write(ctx, "ref "+w.ref, blocks, w)
	if errors.Is(err, cas.ErrConflict) {
		s.crowd.notice(w.ref)
	}
	return err
}

// write stores blocks and does what w says.
func (s *Store) write(ctx context.Context, what string, blocks []cas.Block, w *write) error {
	prepared, err := newWrite(blocks)
	if err != nil {
		return err
	}
	w.rows = prepared.rows
	if len(w.rows) == 0 && w.ref == "" {
		return ctx.Err()
	}
	done, err := take(ctx, s.writing)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer done()
	return s.again(ctx, what, func(lost bool) error {
		err := s.tryWrite(ctx, w)
		if lost && errors.Is(err, cas.ErrConflict) {
			return s.resolve(ctx, w, err)
		}
		return err
	})
}

// resolve looks whether an attempt that was not answered has moved the ref: it points where it should, or has moved on
// from there, which is told by the block that only this write brings.
func (s *Store) resolve(ctx context.Context, w *write, conflict error) error {
	at, err := s.ref(ctx, s.db, w.ref)
	if err != nil || at == w.next {
		return err
	}
	if !w.brings(w.next) {
		return conflict
	}
	there, err := s.present(ctx, s.db, [][]byte{w.next.Bytes()})
	if err != nil || there[w.next.KeyString()] {
		return err
	}
	return conflict
}

// tryWrite is one attempt.
func (s *Store) tryWrite(ctx context.Context, w *write) error {
	if d, ok := s.dialect.(oneStep); ok {
		if statement, args, ok := d.write(w); ok {
			return s.writeAtOnce(ctx, w, statement, args)
		}
	}
	return s.inTx(ctx, func(tx runner) error {
		epoch, err := s.enter(ctx, tx, w.ref)
		if err != nil {
			return err
		}
		if err := s.checkEpoch(w, epoch); err != nil {
			return err
		}
		if err := s.move(ctx, tx, w, epoch); err != nil {
			return err
		}
		return s.insertAll(ctx, tx, w.rows)
	})
}

// writeAtOnce is a write in one statement.
func (s *Store) writeAtOnce(ctx context.Context, w *write, statement string, args []any) error {
	var epoch, moved int64
	var lined bool
	err := s.query(ctx, s.db, s.sql(statement), args, func(answer scanner) error { return answer.Scan(&epoch, &moved, &lined) })
	if err != nil {
		return err
	}
	if lined {
		s.crowd.noticeLine(w.ref)
	}
	if err := s.checkEpoch(w, epoch); err != nil {
		return err
	}
	if w.ref != "" && moved != 1 {
		return fmt.Errorf("%w: it does not point at %s", cas.ErrConflict, pointed(w.old))
	}
	return nil
}

// enter locks the row of the store as a writer, reads its epoch, and notes when somebody stands in line for the ref.
func (s *Store) enter(ctx context.Context, tx runner, ref string) (epoch int64, err error) {
	q, ok := s.dialect.(queue)
	if !ok || ref == "" {
		return s.lock(ctx, tx, s.share(""))
	}
	lined := false
	err = s.query(ctx, tx, s.sql(s.share(", "+q.lined())), []any{ref}, func(answer scanner) error { return answer.Scan(&epoch, &lined) })
	if lined {
		s.crowd.noticeLine(ref)
	}
	return epoch, err
}

// lock runs a statement that locks the row of the store and reads its epoch.
func (s *Store) lock(ctx context.Context, tx runner, statement string) (epoch int64, err error) {
	err = s.query(ctx, tx, s.sql(statement), nil, func(answer scanner) error { return answer.Scan(&epoch) })
	return epoch, err
}

// errCollected says that what a writer counted on may have been garbage.
var errCollected = fmt.Errorf("garbage was removed meanwhile: %w", cas.ErrConflict)

// checkEpoch refuses what was prepared before garbage was removed.
func (s *Store) checkEpoch(w *write, epoch int64) error {
	s.saw(epoch)
	if w.bound && epoch != w.epoch {
		return errCollected
	}
	return nil
}

// move moves the ref by compare-and-swap.
func (s *Store) move(ctx context.Context, tx runner, w *write, epoch int64) (err error) {
	if w.ref == "" {
		return nil
	}
	if epoch > 0 && w.next.Defined() && !w.brings(w.next) { // its writer may have seen it before it was garbage
		there, err := s.present(ctx, tx, [][]byte{w.next.Bytes()})
		if err != nil {
			return err
		}
		if !there[w.next.KeyString()] {
			return errCollected
		}
	}
	moved := int64(1)
	switch {
	case !w.old.Defined() && !w.next.Defined():
		var at cid.Cid
		if at, err = s.ref(ctx, tx, w.ref); at.Defined() {
			moved = 0
		}
	case !w.old.Defined():
		moved, err = s.exec(ctx, tx, s.sql(s.insertRef()), w.ref, w.next.Bytes())
	case !w.next.Defined():
		moved, err = s.exec(ctx, tx, s.sql("DELETE FROM %p_refs WHERE name = ? AND cid = ?"), w.ref, w.old.Bytes())
	default:
		moved, err = s.exec(ctx, tx, s.sql("UPDATE %p_refs SET cid = ? WHERE name = ? AND cid = ?"), w.next.Bytes(), w.ref, w.old.Bytes())
	}
	if err == nil && moved != 1 {
		err = fmt.Errorf("%w: it does not point at %s", cas.ErrConflict, pointed(w.old))
	}
	return err
}

func pointed(id cid.Cid) string {
	if !id.Defined() {
		return "nothing"
	}
	return id.String()
}

// insertAll stores what is not there of rows.
func (s *Store) insertAll(ctx context.Context, tx runner, rows []row) error {
	for len(rows) > 0 {
		n := fitting(rows)
		statement, args := s.insert(rows[:n])
		if _, err := s.exec(ctx, tx, s.sql(statement), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// fitting is how many rows go into one statement.
func fitting(rows []row) (n int) {
	size := 0
	for n < len(rows) && n < insertRows && (n == 0 || size+len(rows[n].data) <= insertBytes) {
		size += len(rows[n].data)
		n++
	}
	return n
}
