package datahike

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// Verified is what a Verify has looked at.
type Verified struct {
	Files   int
	Nodes   int  // of trees
	Commits int  // heads of branches not counted
	Hashed  bool // :crypto-hash? is on, and the ids of nodes, commits and schemas are those of their contents
}

// Verify reads every file of the store and all that branches lead to: each has to lie under the name of its key, trees have to be
// whole and in order, and where ids come from contents they are computed again. progress, unless it is nil, is told the files done.
// The error, a *cas.CorruptError, names the first file that is not as it should be.
func (s *Store) Verify(ctx context.Context, progress func(done, of int)) (v Verified, err error) {
	branches, err := s.Branches(ctx)
	if err != nil {
		return v, err
	}
	for _, b := range branches {
		c, err := s.Head(ctx, b)
		if err != nil {
			return v, err
		}
		v.Hashed = v.Hashed || c.configured("crypto-hash?")
	}
	names, err := s.names(ctx)
	if err != nil {
		return v, err
	}
	for i, name := range names {
		if err := s.verifyFile(ctx, name, &v); err != nil {
			return v, err
		}
		if progress != nil {
			progress(i+1, len(names))
		}
	}
	for _, b := range branches {
		if err := s.verifyBranch(ctx, b); err != nil {
			return v, fmt.Errorf("branch %s: %w", b, err)
		}
	}
	return v, nil
}

// names lists the files with values; others are left by writers that were interrupted.
func (s *Store) names(ctx context.Context) ([]string, error) {
	names, err := s.files.Names(ctx)
	return slices.DeleteFunc(names, func(name string) bool { return path.Ext(name) != ".ksv" }), err
}

func (s *Store) verifyFile(ctx context.Context, name string, v *Verified) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := s.read(ctx, name)
	if err != nil {
		return err
	}
	key, value, err := decodeFile(data)
	if err == nil {
		err = v.add(name, key, value)
	}
	if err != nil {
		return s.fault(name, err)
	}
	v.Files++
	return nil
}

// add looks at one value: its name, and where it has the form of a node or commit the id.
func (v *Verified) add(name string, key, value any) error {
	want, err := FileName(key)
	if err != nil {
		return err
	}
	if name != want {
		return fmt.Errorf("it holds %s, which lies in %s", show(key), want)
	}
	id, immutable := key.(fressian.UUID)
	if !immutable {
		return nil
	}
	switch value := value.(type) {
	case fressian.Tagged:
		v.Nodes++
		return v.verifyNode(uuid.UUID(id), value)
	case fressian.Map:
		if value.Get("eavt-key") == nil {
			return sameID(uuid.UUID(id), value) // a schema has the id of its contents in every store
		}
		v.Commits++
		return v.verifyCommit(uuid.UUID(id), value)
	}
	return nil
}

func (v *Verified) verifyNode(id uuid.UUID, value fressian.Tagged) error {
	n, err := decodeNode(value)
	if err != nil || !v.Hashed {
		return err
	}
	m, _ := value.Items[0].(fressian.Map)
	if n.level == 0 {
		return sameID(id, m.Get("keys"))
	}
	return sameID(id, m.Get("addresses"))
}

func (v *Verified) verifyCommit(id uuid.UUID, record fressian.Map) error {
	if !v.Hashed {
		return nil
	}
	said, ok := record.Get("meta").(fressian.Map)
	if !ok {
		return errors.New("a commit without :meta")
	}
	var meta fressian.Map
	for i := 0; i+1 < len(said); i += 2 {
		if said[i] != fressian.Keyword("datahike/commit-id") {
			meta = append(meta, said[i], said[i+1])
		}
	}
	return sameID(id, fressian.List{
		record.Get("merkle-roots"), record.Get("schema-meta-key"), record.Get("max-tx"), record.Get("max-eid"), meta,
	})
}

func sameID(id uuid.UUID, content any) error {
	got, err := contentID(content)
	if err == nil && got != id {
		err = fmt.Errorf("its id is %s, and its content has %s", id, got)
	}
	return err
}

// verifyBranch walks all trees of a branch's head.
func (s *Store) verifyBranch(ctx context.Context, branch string) error {
	c, err := s.Head(ctx, branch)
	if err != nil {
		return err
	}
	for _, i := range Indexes {
		o := i.order()
		var n int64
		var last *Datom
		for d, err := range c.Datoms(ctx, i) {
			if err != nil {
				return err
			}
			if last != nil && o.compare(last, &d) > 0 {
				return s.damagedNode(c.trees[i].address, fmt.Errorf("datom %s comes after %s in %s", d.EDN(), last.EDN(), i))
			}
			n, last = n+1, &d
		}
		if told, err := c.Count(ctx, i); err != nil || told != n {
			return errors.Join(err, s.damagedNode(c.trees[i].address, fmt.Errorf("%s has %d datoms and tells %d", i, n, told)))
		}
	}
	return nil
}
