package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Damage says what a faulty block was for.
type Damage struct {
	CID         cid.Cid
	What        string   // "transaction of t 17", "leaf of AEVT of :customer/name, entities 3 to 40"
	Lost        string   // what cannot be read without it
	Commits     int      // how many commits need it, itself among them
	First, Last uint64   // the lowest and the highest t of these
	Closed      int      // how many of them do not even open
	Refs        []string // what points at one of them
}

// Explain tells of each fault that cas.Verify has found below refs what the block was for and who needs it. It reads the commits, their transactions
// and the branches of their trees once more; the leaves too when a value that lives out of line is among the faults; and it does transactions
// again whose trees have faults, to see which commits still open. What only a
// faulty block leads to cannot be seen. progress, unless it is nil, is told how many bytes were read.
func Explain(ctx context.Context, s cas.RefStore, refs []cas.Ref, faults []cas.Fault, progress func(read int64)) ([]Damage, error) {
	x, err := newInquest(ctx, s, faults, progress)
	if err != nil {
		return nil, err
	}
	var heads []cid.Cid
	names := map[cid.Cid][]string{}
	for _, r := range refs {
		names[r.CID] = append(names[r.CID], r.Name)
		if r.Name != cas.AbsentRef {
			heads = append(heads, r.CID)
		}
	}
	commits, err := x.commits(ctx, s, heads)
	if err != nil {
		return nil, err
	}
	opening := map[cid.Cid][]int{}
	for _, c := range commits {
		needed, err := x.neededBy(ctx, c, opening)
		if err != nil {
			return nil, fmt.Errorf("explain damage: commit %s: %w", c.ID, err)
		}
		for _, i := range needed {
			x.found[i].need(c.T, slices.Contains(opening[c.ID], i), names[c.ID])
		}
	}
	out := make([]Damage, len(x.found))
	for i, f := range x.found {
		out[i] = f.damage(faults[i].CID, names[faults[i].CID])
	}
	return out, nil
}

// inquest is an Explain under way.
type inquest struct {
	env     *env
	missing func(cid.Cid) bool // what may be
	at      map[cid.Cid]int    // which fault a block is
	found   []finding
	values  bool // some of them are values that live out of line

	trees  map[treeNode][]int // the faults below a node
	bases  map[cid.Cid][]int  // the faults below a snapshot
	states map[cid.Cid]*state // what commits were opened as, until the next one was
	hit    func() []cid.Cid   // what could not be read since it was asked before
}

func newInquest(ctx context.Context, s cas.RefStore, faults []cas.Fault, progress func(read int64)) (*inquest, error) {
	absent, err := cas.ReadAbsent(ctx, s)
	if err != nil {
		return nil, err
	}
	m := &metered{Getter: s, progress: progress}
	x := &inquest{
		env: newEnv(m, 16<<20), missing: absent.Missing(ctx, s), hit: m.take,
		at: map[cid.Cid]int{}, found: make([]finding, len(faults)),
		trees: map[treeNode][]int{}, bases: map[cid.Cid][]int{}, states: map[cid.Cid]*state{},
	}
	for i, f := range faults {
		x.at[f.CID] = i
		x.values = x.values || f.CID.Type() == cas.Raw
	}
	return x, nil
}

// metered tells what was read, and notes what could not be.
type metered struct {
	cas.Getter
	progress func(read int64)
	mu       sync.Mutex
	read     int64
	failed   []cid.Cid
}

func (m *metered) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := m.Getter.Get(ctx, id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.failed = append(m.failed, id)
		return b, err
	}
	m.read += int64(len(b.Data()))
	if m.progress != nil {
		m.progress(m.read)
	}
	return b, nil
}

func (m *metered) take() []cid.Cid {
	m.mu.Lock()
	defer m.mu.Unlock()
	failed := m.failed
	m.failed = nil
	return failed
}

// commits are those that can be read, the ones with the lowest t first. Those that cannot be read are told by the ones that name them.
func (x *inquest) commits(ctx context.Context, s cas.RefStore, heads []cid.Cid) ([]Commit, error) {
	var all []Commit
	for c, err := range History(ctx, s, heads) {
		if err == nil {
			all = append(all, c)
			continue
		}
		i, ok := x.at[c.ID]
		if !ok {
			return nil, fmt.Errorf("explain damage: %w", err)
		}
		x.found[i].tell("commit", "who made it, when and why, and what came before it as far as nothing else leads there")
	}
	for _, c := range all {
		x.tellParent(c.parent(), c.T-1)
		x.tellParent(c.jump, jumpT(c.T))
	}
	for _, id := range heads {
		if i, ok := x.at[id]; ok && !x.found[i].self { // nobody tells its t
			x.found[i].commits, x.found[i].closed = 1, 1
		}
	}
	slices.SortStableFunc(all, func(a, b Commit) int { return cmp.Compare(a.T, b.T) })
	return all, nil
}

// tellParent notes the t of a commit that cannot be read.
func (x *inquest) tellParent(id cid.Cid, t uint64) {
	if i, ok := x.at[id]; ok && !x.found[i].self {
		x.found[i].self = true
		x.found[i].need(t, true, nil)
		x.found[i].what[0] = fmt.Sprintf("commit of t %d", t)
	}
}

// neededBy is the faults that c needs to be shown as it was, and puts those that it needs to be opened at all into opening, which has them of
// the commits with a lower t.
func (x *inquest) neededBy(ctx context.Context, c Commit, opening map[cid.Cid][]int) ([]int, error) {
	tx, values, err := x.ofTx(ctx, c)
	if err != nil {
		return nil, err
	}
	below, there, err := x.ofBase(ctx, c)
	if err != nil {
		return nil, err
	}
	var open []int
	if c.Tail > 0 {
		open = append(open, tx...)
	}
	if c.Tail > 1 {
		if i, ok := x.at[c.parent()]; ok {
			open = append(open, i)
		}
		open = append(open, opening[c.parent()]...)
	}
	if len(open) == 0 && (len(below) > 0 || !there) {
		if open, err = x.replayed(ctx, c); err != nil {
			return nil, err
		}
	}
	opening[c.ID] = distinct(open)
	return distinct(slices.Concat(open, tx, values, below)), nil
}

// replayed is the faults that c's transactions come upon when they are done again.
func (x *inquest) replayed(ctx context.Context, c Commit) (hit []int, err error) {
	x.hit()
	s, err := openCommit(ctx, x.env, c, x.states[c.parent()])
	delete(x.states, c.parent())
	if err == nil {
		x.states[c.ID] = s
		return nil, nil
	}
	for _, id := range x.hit() {
		if i, ok := x.at[id]; ok {
			hit = append(hit, i)
		}
	}
	if len(hit) == 0 && !errors.Is(err, cas.ErrNotFound) { // what GC has dropped is no fault
		return nil, err
	}
	return hit, nil
}

func distinct(faults []int) []int {
	slices.Sort(faults)
	return slices.Compact(faults)
}

// ofTx is the faults among the blocks of c's transaction, and among the values that it holds.
func (x *inquest) ofTx(ctx context.Context, c Commit) (tx, values []int, err error) {
	if i, ok := x.at[c.Tx]; ok {
		x.found[i].tell(fmt.Sprintf("transaction of t %d", c.T), fmt.Sprintf("what t %d changed", c.T))
		return []int{i}, nil, nil
	}
	b, err := x.env.Get(ctx, c.Tx)
	if errors.Is(err, cas.ErrNotFound) && x.missing(c.Tx) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	links, err := b.Links()
	if err != nil {
		return nil, nil, err
	}
	for _, id := range links {
		if i, ok := x.at[id]; ok && id.Type() == cas.DagCBOR {
			x.found[i].tell(fmt.Sprintf("part of the transaction of t %d", c.T), fmt.Sprintf("what t %d changed", c.T))
			tx = append(tx, i)
		}
	}
	if !x.values || len(tx) > 0 {
		return tx, nil, nil
	}
	rec, _, err := readTx(ctx, x.env, c)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range rec.Datoms {
		if i, ok := x.at[d.V.Link()]; ok && d.V.out {
			x.found[i].once = [2]string{fmt.Sprintf("value that entity %d had for one transaction, out of line", d.E), fmt.Sprintf("%d bytes", d.V.num)}
			values = append(values, i)
		}
	}
	return nil, values, nil
}

// finding is what is known of a fault.
type finding struct {
	what, lost  []string
	commits     int
	closed      int
	first, last uint64
	refs        []string
	self        bool      // it is a commit whose t is known and that was counted
	once        [2]string // what is told where no tree has the block, of a value that only a transaction has
}

// tell notes a use of the block. The same again is not noted.
func (f *finding) tell(what, lost string) {
	if !slices.Contains(f.what, what) {
		f.what = append(f.what, what)
	}
	if !slices.Contains(f.lost, lost) {
		f.lost = append(f.lost, lost)
	}
}

// need notes that the commit of t needs the block.
func (f *finding) need(t uint64, closed bool, refs []string) {
	if f.commits == 0 || t < f.first {
		f.first = t
	}
	f.last = max(f.last, t)
	f.commits++
	if closed {
		f.closed++
	}
	f.refs = append(f.refs, refs...)
}

// maxUses is how many uses of one block are told: a value may be that of thousands of entities.
const maxUses = 4

func (f *finding) damage(id cid.Cid, refs []string) Damage {
	d := Damage{CID: id, What: listed(f.what), Lost: listed(f.lost), Commits: f.commits, First: f.first, Last: f.last, Closed: f.closed}
	d.Refs = slices.Clone(append(f.refs, refs...))
	slices.Sort(d.Refs)
	d.Refs = slices.Compact(d.Refs)
	if d.What == "" {
		d.What, d.Lost = f.once[0], f.once[1]
	}
	if d.What == "" {
		d.What = "block that nothing readable tells of"
	}
	if f.closed > 0 {
		d.Lost += fmt.Sprintf("; commits that do not open: %d", f.closed)
	}
	return d
}

func listed(all []string) string {
	if n := len(all) - maxUses; n > 0 {
		return strings.Join(all[:maxUses], "; ") + fmt.Sprintf("; and %d more", n)
	}
	return strings.Join(all, "; ")
}
