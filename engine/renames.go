package engine

import (
	"container/heap"
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// names is what entities of a commit are called in one that comes from it. Ids that are not in it stay what they are.
type names struct{ to, from map[ID]ID }

func namesOfMap(to map[ID]ID) names {
	n := names{to: to, from: map[ID]ID{}}
	for e, id := range to {
		n.from[id] = e
	}
	return n
}

// id is what an entity is called there.
func (n names) id(e ID) ID {
	if to, ok := n.to[e]; ok {
		return to
	}
	return e
}

// back is the entity of the commit that is called id there; false when the id was given to another one since.
func (n names) back(id ID) (ID, bool) {
	if e, ok := n.from[id]; ok {
		return e, true
	}
	_, moved := n.to[id]
	return id, !moved
}

// way is how a commit is reached from a younger one: as which parent of child, and through how many second parents in all.
type way struct {
	child Commit
	nth   int
	cost  int
}

// renames finds what entities of the commit from are called in to, which comes from it: on the way through the fewest second parents of merges,
// the ids that the merges gave anew.
func renames(ctx context.Context, g cas.Getter, from, to Commit) (names, error) {
	if to.T >= from.T {
		a, err := ancestorAt(ctx, g, to, from.T)
		if err != nil && !errors.Is(err, cas.ErrNotFound) {
			return names{}, err
		}
		if err == nil && a.ID == from.ID {
			return names{}, nil // first parents only
		}
	}
	ways, err := waysTo(ctx, g, from, to)
	if err != nil {
		return names{}, err
	}
	ids := map[ID]ID{}
	for id := from.ID; id != to.ID; {
		w, ok := ways[id]
		if !ok {
			return names{}, fmt.Errorf("commit %s does not come from %s: %w", to.ID, from.ID, ErrUnrelated)
		}
		if w.nth > 0 {
			ids = then(ids, renumbering(w.child.Renumbered))
		}
		id = w.child.ID
	}
	return namesOfMap(ids), nil
}

// waysTo goes from to back to from, newest first, so that all ways to a commit are known before it is left.
func waysTo(ctx context.Context, g cas.Getter, from, to Commit) (map[cid.Cid]way, error) {
	ways := map[cid.Cid]way{to.ID: {}}
	q := commitQueue{to}
	for q.Len() > 0 {
		c := heap.Pop(&q).(Commit)
		if c.ID == from.ID {
			break
		}
		if len(from.Parents) > 0 && !c.At.After(from.At) {
			continue // what it comes from is older still
		}
		for nth, id := range c.Parents {
			next := way{child: c, nth: nth, cost: ways[c.ID].cost + min(nth, 1)}
			known, seen := ways[id]
			if seen && known.cost <= next.cost {
				continue
			}
			ways[id] = next
			if seen {
				continue
			}
			parent, err := ReadCommit(ctx, g, id)
			if err != nil {
				return nil, err
			}
			heap.Push(&q, parent)
		}
	}
	return ways, nil
}

// then is one renaming after another.
func then(first, next map[ID]ID) map[ID]ID {
	all := map[ID]ID{}
	taken := map[ID]bool{}
	for e, id := range first {
		if to, ok := next[id]; ok {
			all[e] = to
		} else {
			all[e] = id
		}
		taken[id] = true
	}
	for id, to := range next {
		if _, moved := first[id]; !moved && !taken[id] {
			all[id] = to
		}
	}
	for e, id := range all {
		if e == id {
			delete(all, e)
		}
	}
	return all
}
