package datahike

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// FirstTx is the number that transactions are counted from: a database that was just created has it.
const FirstTx = 0x20000000

// MainBranch is the branch that a database begins with.
const MainBranch = "db"

// Index is one of the trees of a commit.
type Index string

// The trees: what holds now, and what is over.
const (
	EAVT         Index = "eavt"
	AEVT         Index = "aevt"
	AVET         Index = "avet"
	TemporalEAVT Index = "temporal-eavt"
	TemporalAEVT Index = "temporal-aevt"
	TemporalAVET Index = "temporal-avet"
)

// Indexes are all.
var Indexes = []Index{EAVT, AEVT, AVET, TemporalEAVT, TemporalAEVT, TemporalAVET}

func (i Index) order() order { return order(i[len(i)-4:]) }

// Commit is a record of a database: what it was after one or more transactions.
type Commit struct {
	ID      uuid.UUID
	Parents []uuid.UUID // in the order of their bytes
	Branch  string      // that it was made on
	MaxTx   int64
	MaxEid  int64
	At      int64 // milliseconds since 1970
	Record  fressian.Map

	store  *Store
	config settings
	schema uuid.UUID
	trees  map[Index]root
}

// settings are what matters of how the database was set up.
type settings struct {
	history  bool // what is over is kept
	flexible bool // attributes need not be declared
	refs     bool // attributes are numbers in datoms
}

// root is where a tree begins.
type root struct {
	address uuid.UUID
	fused   *node // in the record itself
	count   int64 // of datoms, -1 where the record does not tell
}

// Branches are the names of the branches, without colons, by name.
func (s *Store) Branches(ctx context.Context) ([]string, error) {
	v, err := s.get(ctx, fressian.Keyword("branches"))
	if err != nil {
		return nil, err
	}
	set, ok := v.(fressian.Set)
	if !ok {
		return nil, s.damaged(fressian.Keyword("branches"), "a %T where the set of branches should be", v)
	}
	var names []string
	for _, b := range set {
		k, ok := b.(fressian.Keyword)
		if !ok {
			return nil, s.damaged(fressian.Keyword("branches"), "a branch that is a %T", b)
		}
		names = append(names, string(k))
	}
	slices.Sort(names)
	return names, nil
}

// Head is the commit that a branch points at.
func (s *Store) Head(ctx context.Context, branch string) (*Commit, error) {
	return s.commit(ctx, fressian.Keyword(branch))
}

// Commit is the commit with an id. The error wraps cas.ErrNotFound where a collection has removed it.
func (s *Store) Commit(ctx context.Context, id uuid.UUID) (*Commit, error) {
	return s.commit(ctx, fressian.UUID(id))
}

func (s *Store) commit(ctx context.Context, key any) (*Commit, error) {
	v, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	record, ok := v.(fressian.Map)
	if !ok {
		return nil, s.damaged(key, "a %T where a commit should be", v)
	}
	c := &Commit{Record: record, store: s, trees: map[Index]root{}}
	if err := c.decode(); err != nil {
		name, _ := FileName(key)
		return nil, s.fault(name, err)
	}
	return c, nil
}

func (c *Commit) decode() error {
	meta, _ := c.Record.Get("meta").(fressian.Map)
	config := c.Config()
	if meta == nil || config == nil {
		return fmt.Errorf("a record without :meta and :config is no commit")
	}
	if index, ok := config.Get("index").(fressian.Keyword); ok && index != "datahike.index/persistent-set" {
		return &UnsupportedError{":index :" + string(index), "the trees are not persistent sorted sets"}
	}
	id, ok := meta.Get("datahike/commit-id").(fressian.UUID)
	maxTx, ok2 := c.Record.Get("max-tx").(int64)
	schema, ok3 := c.Record.Get("schema-meta-key").(fressian.UUID)
	if !ok || !ok2 || !ok3 || maxTx < FirstTx {
		return fmt.Errorf("a commit without :datahike/commit-id, :max-tx or :schema-meta-key")
	}
	c.ID, c.MaxTx, c.schema = uuid.UUID(id), maxTx, uuid.UUID(schema)
	c.MaxEid, _ = c.Record.Get("max-eid").(int64)
	at, ok := meta.Get("datahike/updated-at").(fressian.Inst)
	if !ok { // the first has only this
		at, _ = meta.Get("datahike/created-at").(fressian.Inst)
	}
	c.At = int64(at)
	branch, _ := config.Get("branch").(fressian.Keyword)
	c.Branch = string(branch)
	flexibility, _ := config.Get("schema-flexibility").(fressian.Keyword)
	c.config = settings{history: c.configured("keep-history?"), flexible: flexibility == "read", refs: c.configured("attribute-refs?")}
	parents, _ := meta.Get("datahike/parents").(fressian.Set)
	for _, p := range parents {
		id, ok := p.(fressian.UUID)
		if !ok {
			continue // a branch by its name, where a merge was asked for with one
		}
		c.Parents = append(c.Parents, uuid.UUID(id))
	}
	slices.SortFunc(c.Parents, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return c.decodeTrees()
}

func (c *Commit) decodeTrees() error {
	for _, i := range Indexes {
		v := c.Record.Get(fressian.Keyword(i + "-key"))
		if v == nil && len(i) > 4 {
			continue // no history
		}
		t, ok := v.(fressian.Tagged)
		if !ok || (t.Tag != rootTag && t.Tag != oldRootTag) || len(t.Items) != 1 {
			return fmt.Errorf("a commit whose :%s-key is no tree", i)
		}
		m, _ := t.Items[0].(fressian.Map)
		address, ok := m.Get("address").(fressian.UUID)
		if !ok {
			return fmt.Errorf("a commit whose :%s-key has no address", i)
		}
		if n, ok := m.Get("diff-buf-size").(int64); ok && n > 0 {
			return &UnsupportedError{":diff-buf-size", "changes of nodes are kept beside them"}
		}
		r := root{address: uuid.UUID(address), count: -1}
		if n, ok := m.Get("count").(int64); ok && n >= 0 {
			r.count = n
		}
		if fused := c.Record.Get(fressian.Keyword(i + "-root")); fused != nil {
			var err error
			if r.fused, err = decodeNode(fused); err != nil {
				return err
			}
		}
		c.trees[i] = r
	}
	return nil
}

// Config is how the database was set up.
func (c *Commit) Config() fressian.Map {
	m, _ := c.Record.Get("config").(fressian.Map)
	return m
}

// configured tells whether a setting is on.
func (c *Commit) configured(name fressian.Keyword) bool {
	on, _ := c.Config().Get(name).(bool)
	return on
}

// Heads tells where all branches are: it is another text when a commit was made.
func (s *Store) Heads(ctx context.Context) (string, error) {
	branches, err := s.Branches(ctx)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, b := range branches {
		c, err := s.Head(ctx, b)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s %s\n", b, c.ID)
	}
	return text.String(), nil
}
