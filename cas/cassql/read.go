package cassql

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

const (
	getBatch = 64   // blocks of one answer
	hasBatch = 500  // names of one question
	allBatch = 5000 // names of one answer
)

// Get implements cas.Getter with one query.
func (s *Store) Get(ctx context.Context, id cid.Cid) (b cas.Block, err error) {
	var failed error
	err = s.GetMany(ctx, []cid.Cid{id}, func(_ int, got cas.Block, err error) { b, failed = got, err })
	if err == nil {
		err = failed
	}
	return b, err
}

// GetMany implements cas.Batcher with a query for each 64 blocks.
func (s *Store) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	for first := 0; first < len(ids); first += getBatch {
		batch := ids[first:min(len(ids), first+getBatch)]
		rows, err := s.rows(ctx, batch)
		if err != nil {
			return err
		}
		for i, id := range batch {
			b, err := cas.Block{}, cas.CheckCID(id)
			if err == nil {
				r, ok := rows[id.KeyString()]
				if ok {
					b, err = r.block(s.prefix+"_blocks", id)
				} else {
					err = fmt.Errorf("block %s: %w in %s", id, cas.ErrNotFound, s.shown)
				}
			}
			got(first+i, b, err)
		}
	}
	return ctx.Err()
}

// rows reads blocks as they are stored, by name.
func (s *Store) rows(ctx context.Context, ids []cid.Cid) (found map[string]row, err error) {
	names := namesOf(ids)
	if len(names) == 0 {
		return nil, ctx.Err()
	}
	condition, args := s.in("cid", names)
	err = s.read(ctx, "get blocks", func(ctx context.Context) error {
		found = make(map[string]row, len(names))
		return s.query(ctx, s.db, s.sql("SELECT cid, size, coding, data FROM %p_blocks WHERE "+condition), args, func(answer scanner) error {
			var r row
			if err := answer.Scan(&r.id, &r.size, &r.coding, &r.data); err != nil {
				return s.unreadable("blocks", err)
			}
			found[string(r.id)] = r
			return nil
		})
	})
	return found, err
}

// unreadable is a row whose columns do not hold what they should; a connection that ends meanwhile is told by the next row.
func (s *Store) unreadable(table string, err error) error {
	if !strings.Contains(err.Error(), "Scan error") {
		return err
	}
	return &cas.CorruptError{Path: "table " + s.prefix + "_" + table, Reason: err.Error()}
}

// namesOf are the keys of blocks, each once and in order; names that no block can have are left out.
func namesOf(ids []cid.Cid) (names [][]byte) {
	for _, id := range ids {
		if cas.CheckCID(id) == nil {
			names = append(names, id.Bytes())
		}
	}
	slices.SortFunc(names, slices.Compare)
	return slices.CompactFunc(names, slices.Equal)
}

// Has implements cas.Store.
func (s *Store) Has(ctx context.Context, id cid.Cid) (bool, error) {
	known, err := s.HasMany(ctx, []cid.Cid{id})
	return err == nil && known[0], err
}

// HasMany implements cas.Batcher with a query for each 500 names.
func (s *Store) HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error) {
	known := make([]bool, 0, len(ids))
	for batch := range slices.Chunk(ids, hasBatch) {
		var there map[string]bool
		err := s.read(ctx, "look for blocks", func(ctx context.Context) (err error) {
			there, err = s.present(ctx, s.db, namesOf(batch))
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, id := range batch {
			known = append(known, there[id.KeyString()])
		}
	}
	return known, ctx.Err()
}

// present tells which of some names are of blocks that are there.
func (s *Store) present(ctx context.Context, r runner, names [][]byte) (map[string]bool, error) {
	there := map[string]bool{}
	for batch := range slices.Chunk(names, hasBatch) {
		condition, args := s.in("cid", batch)
		err := s.query(ctx, r, s.sql("SELECT cid FROM %p_blocks WHERE "+condition), args, func(answer scanner) error {
			var id []byte
			err := answer.Scan(&id)
			there[string(id)] = true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return there, nil
}

// All implements cas.Store. It asks for 5,000 names at a time, in their order, and holds no connection meanwhile.
func (s *Store) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		for last := []byte{}; ; {
			var page [][]byte
			err := s.read(ctx, "list blocks", func(ctx context.Context) (err error) {
				page, err = s.page(ctx, s.db, last)
				return err
			})
			if err != nil {
				yield(cid.Undef, err)
				return
			}
			for _, name := range page {
				id, err := s.castCID("blocks", name)
				if err == nil {
					err = ctx.Err()
				}
				if !yield(id, err) || err != nil {
					return
				}
			}
			if len(page) < allBatch {
				return
			}
			last = page[len(page)-1]
		}
	}
}

// page lists the names that follow on last.
func (s *Store) page(ctx context.Context, r runner, last []byte) (page [][]byte, err error) {
	statement := s.sql(fmt.Sprintf("SELECT cid FROM %%p_blocks WHERE cid > ? ORDER BY cid LIMIT %d", allBatch))
	err = s.query(ctx, r, statement, []any{last}, func(answer scanner) error {
		var id []byte
		err := answer.Scan(&id)
		page = append(page, id)
		return err
	})
	return page, err
}

func (s *Store) castCID(table string, name []byte) (cid.Cid, error) {
	id, err := cid.Cast(name)
	if err != nil {
		return cid.Undef, &cas.CorruptError{Path: "table " + s.prefix + "_" + table, Reason: fmt.Sprintf("%x is no CID", name)}
	}
	return id, nil
}

// Ref implements cas.Refs.
func (s *Store) Ref(ctx context.Context, name string) (id cid.Cid, err error) {
	if err := cas.CheckRefName(name); err != nil {
		return cid.Undef, err
	}
	err = s.read(ctx, "ref "+name, func(ctx context.Context) (err error) {
		id, err = s.ref(ctx, s.db, name)
		return err
	})
	if err == nil && !id.Defined() {
		err = fmt.Errorf("ref %s: %w in %s", name, cas.ErrNotFound, s.shown)
	}
	return id, err
}

// ref is where a ref points; cid.Undef where there is none.
func (s *Store) ref(ctx context.Context, r runner, name string) (id cid.Cid, err error) {
	err = s.query(ctx, r, s.sql("SELECT cid FROM %p_refs WHERE name = ?"), []any{name}, func(answer scanner) error {
		var at []byte
		err := answer.Scan(&at)
		if err == nil {
			id, err = s.castCID("refs", at)
		}
		return err
	})
	return id, err
}

// Refs implements cas.Refs.
func (s *Store) Refs(ctx context.Context) (refs []cas.Ref, err error) {
	err = s.read(ctx, "refs", func(ctx context.Context) (err error) {
		refs, err = s.allRefs(ctx, s.db)
		return err
	})
	return refs, err
}

func (s *Store) allRefs(ctx context.Context, r runner) (refs []cas.Ref, err error) {
	err = s.query(ctx, r, s.sql("SELECT name, cid FROM %p_refs"), nil, func(answer scanner) error {
		var name string
		var at []byte
		err := answer.Scan(&name, &at)
		if err != nil {
			return err
		}
		id, err := s.castCID("refs", at)
		refs = append(refs, cas.Ref{Name: name, CID: id})
		return err
	})
	slices.SortFunc(refs, func(a, b cas.Ref) int { return strings.Compare(a.Name, b.Name) })
	return refs, err
}

// Size implements cas.Sizer: the name and the bytes as they are stored, without what the database adds.
func (s *Store) Size(ctx context.Context, id cid.Cid) (int64, error) {
	sizes, err := s.SizeMany(ctx, []cid.Cid{id})
	if err == nil && sizes[0] < 0 {
		err = fmt.Errorf("block %s: %w in %s", id, cas.ErrNotFound, s.shown)
	}
	if err != nil {
		return 0, err
	}
	return sizes[0], nil
}

// SizeMany implements cas.ManySizer with a query for each 500 blocks.
func (s *Store) SizeMany(ctx context.Context, ids []cid.Cid) ([]int64, error) {
	sizes := make([]int64, 0, len(ids))
	for batch := range slices.Chunk(ids, hasBatch) {
		known := map[string]int64{}
		if names := namesOf(batch); len(names) > 0 {
			condition, args := s.in("cid", names)
			err := s.read(ctx, "sizes of blocks", func(ctx context.Context) error {
				return s.query(ctx, s.db, s.sql("SELECT cid, length(cid) + length(data) FROM %p_blocks WHERE "+condition), args, func(answer scanner) error {
					var id []byte
					var size int64
					err := answer.Scan(&id, &size)
					known[string(id)] = size
					return err
				})
			})
			if err != nil {
				return nil, err
			}
		}
		for _, id := range batch {
			size, ok := known[id.KeyString()]
			if !ok {
				size = -1
			}
			sizes = append(sizes, size)
		}
	}
	return sizes, ctx.Err()
}
