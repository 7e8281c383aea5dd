//go:build unix

package cass3

import (
	"errors"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
)

// Four processes move one ref, each again and again: none of them needs many attempts.
func TestNoWriterStarves(t *testing.T) {
	url := newURL(servers.S3(t))
	create(t, url, Options{})
	const writers, each = 4, 25
	most := make([]int, writers)
	var wg sync.WaitGroup
	for w := range writers {
		s := again(t, url, Options{})
		wg.Go(func() {
			for i := range each {
				done, held := s.Turn(t.Context(), "heads/main")
				for tries := 1; ; tries++ {
					if tries > 1 && !held { // as the engine does it
						done()
						done, held = s.Turn(t.Context(), "heads/main")
					}
					old, err := s.Ref(t.Context(), "heads/main")
					if errors.Is(err, cas.ErrNotFound) {
						old = cid.Undef
					} else if err != nil {
						t.Error(err)
						break
					}
					var below []cid.Cid
					if old.Defined() {
						below = append(below, old)
					}
					b := castest.Node(uint64(w*1000+i), below...)
					err = s.Commit(t.Context(), []cas.Block{b}, "heads/main", old, b.CID())
					most[w] = max(most[w], tries)
					if !errors.Is(err, cas.ErrConflict) {
						if err != nil {
							t.Error(err)
						}
						break
					}
				}
				done()
			}
		})
	}
	wg.Wait()
	s := again(t, url, Options{})
	id, err := s.Ref(t.Context(), "heads/main")
	n := 0
	for ; err == nil && id.Defined(); n++ {
		b, gerr := s.Get(t.Context(), id)
		if gerr != nil {
			t.Fatal(gerr)
		}
		links, _ := b.Links()
		id = cid.Undef
		if len(links) > 0 {
			id = links[0]
		}
	}
	if err != nil || n != writers*each {
		t.Errorf("%d moves are left of %d, %v", n, writers*each, err)
	}
	t.Log("most attempts:", most)
	for w, m := range most {
		if m > 8 {
			t.Errorf("writer %d needed %d attempts once", w, m)
		}
	}
}
