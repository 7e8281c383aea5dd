package cass3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// copy writes new packs with what is live in packs that go.
func (c *collection) copy(ctx context.Context, need [][]source) error {
	for len(need) > 0 {
		n, size := 0, 0
		for n < len(need) && (n == 0 || size < splitPut) {
			for _, x := range need[n] {
				size += int(x.at.size)
			}
			n++
		}
		records, err := c.read(ctx, need[:n])
		if err != nil {
			return err
		}
		for records = childrenFirst(records); len(records) > 0; {
			m := upTo(splitPut, records)
			if err := c.write(ctx, records[:m]); err != nil {
				return err
			}
			records = records[m:]
		}
		need = need[n:]
	}
	return nil
}

func (c *collection) write(ctx context.Context, records []*record) error {
	p := build(c.s.now(), records, nil, c.place)
	if _, err := c.s.client.put(ctx, p.id.key(), p.data, condition{}); err != nil {
		return fmt.Errorf("copy %d blocks: %w", len(records), err)
	}
	c.copied[p.id], c.size[p.id] = true, p.size
	c.packs = append(c.packs, p.packInfo)
	for id, at := range p.where {
		c.at[id] = at
	}
	return nil
}

// read reads records as they are stored, of several packs at once.
func (c *collection) read(ctx context.Context, need [][]source) ([]*record, error) {
	parts := make([][]*record, len(need))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, sources := range need {
		g.Go(func() (err error) {
			parts[i], err = c.readFrom(inner, sources)
			return err
		})
	}
	err := g.Wait()
	if errors.Is(err, errNoKey) { // another process has removed a replaced pack since the survey
		err = errOvertaken
	}
	return slices.Concat(parts...), err
}

// readFrom reads records of one pack, those that lie near each other by one GET.
func (c *collection) readFrom(ctx context.Context, sources []source) (records []*record, err error) {
	slices.SortFunc(sources, func(a, b source) int { return cmp.Compare(a.at.off, b.at.off) })
	for len(sources) > 0 {
		n, first := 1, sources[0].at
		for n < len(sources) && joins(first, sources[n-1].at, sources[n].at) {
			n++
		}
		end := sources[n-1].at.end()
		data, err := c.s.client.getRange(ctx, first.pack.key(), int64(first.off), int64(end-first.off))
		if err != nil {
			return nil, c.s.damaged(sources[0].id, first, err)
		}
		for _, x := range sources[:n] {
			off := x.at.off - first.off
			r, _, err := c.s.readRecord(x.id, x.at, data[off:off+x.at.size])
			if err != nil {
				return nil, err
			}
			records = append(records, r)
		}
		sources = sources[n:]
	}
	return records, nil
}

// upTo is how many records have about so many bytes, at least one.
func upTo(most int, records []*record) (n int) {
	for size := 0; n < len(records) && (n == 0 || size+records[n].bytes() <= most); n++ {
		size += records[n].bytes()
	}
	return n
}

// childrenFirst sorts records so that those that others link to come before these, and else leaves them in order.
func childrenFirst(records []*record) []*record {
	byID := make(map[cid.Cid]*record, len(records))
	for _, r := range records {
		byID[r.id] = r
	}
	sorted := make([]*record, 0, len(records))
	var stack []*record
	for _, r := range records {
		stack = append(stack, r)
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			if _, waiting := byID[top.id]; !waiting { // it is in sorted, or its children are above
				stack = stack[:len(stack)-1]
				continue
			}
			stack, sorted = descend(stack, sorted, byID)
		}
	}
	return sorted
}

// descend puts the children of the top of the stack above it, or moves it to the sorted ones when they are there.
func descend(stack, sorted []*record, waiting map[cid.Cid]*record) ([]*record, []*record) {
	top, high := stack[len(stack)-1], len(stack)
	for _, id := range slices.Backward(top.links) {
		if child := waiting[id]; child != nil && child != top {
			stack = append(stack, child)
		}
	}
	if len(stack) == high {
		delete(waiting, top.id)
		sorted = append(sorted, top)
	}
	return stack, sorted
}
