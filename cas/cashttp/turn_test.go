package cashttp_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// Who was overtaken stands in line, and is served in the order in which it came; who goes without letting go keeps nobody waiting.
func TestTurns(t *testing.T) {
	url := serve(t, cas.NewMemory(), cashttp.HandlerOptions{Token: "sesame"})
	var all []*cashttp.Client
	for range 3 {
		all = append(all, dial(t, url, cashttp.Options{Token: "sesame"}))
	}
	if _, held := all[0].Turn(t.Context(), "heads/main"); held {
		t.Error("a writer that knows of no other stands in line")
	}
	b := castest.Node(1)
	if err := all[0].Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID()); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if err := c.SetRef(t.Context(), "heads/main", cid.Undef, b.CID()); !errors.Is(err, cas.ErrConflict) {
			t.Fatal(err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	if _, held := all[0].Turn(gone, "heads/main"); !held {
		t.Fatal("no turn")
	}
	turns := make(chan int, 2)
	for i, c := range all[1:] {
		go func() {
			done, held := c.Turn(t.Context(), "heads/main")
			if !held {
				t.Errorf("writer %d was not served", i)
			}
			turns <- i
			time.Sleep(20 * time.Millisecond)
			done()
		}()
		time.Sleep(50 * time.Millisecond)
	}
	select {
	case i := <-turns:
		t.Fatalf("writer %d did not wait", i)
	default:
	}
	done, held := all[0].Turn(t.Context(), "heads/other")
	if done(); held {
		t.Error("another ref is as crowded")
	}
	leave()
	if first, second := <-turns, <-turns; first != 0 || second != 1 {
		t.Errorf("served in the order %d, %d", first, second)
	}
}

// A fast writer that was never overtaken learns from its own commit that others wait.
func TestFastWriterSeesTheLine(t *testing.T) {
	url := serve(t, cas.NewMemory(), cashttp.HandlerOptions{Token: "sesame"})
	fast, slow := dial(t, url, cashttp.Options{Token: "sesame"}), dial(t, url, cashttp.Options{Token: "sesame"})
	b := castest.Node(1)
	if err := fast.Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID()); err != nil {
		t.Fatal(err)
	}
	_ = slow.SetRef(t.Context(), "heads/main", cid.Undef, b.CID())
	done, held := slow.Turn(t.Context(), "heads/main")
	if !held {
		t.Fatal("no turn")
	}
	next := castest.Node(2)
	if err := fast.Commit(t.Context(), []cas.Block{next}, "heads/main", b.CID(), next.CID()); err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, held := fast.Turn(waiting, "heads/main"); held {
		t.Error("two have a turn")
	}
	done()
	done, held = fast.Turn(t.Context(), "heads/main")
	if done(); !held {
		t.Error("the fast writer does not stand in line")
	}
}

func TestTurnsAreForWriters(t *testing.T) {
	url := serve(t, cas.NewMemory(), cashttp.HandlerOptions{Token: "sesame"})
	for body, want := range map[string]int{`{"ref":"heads/main"}`: http.StatusUnauthorized, `{`: http.StatusBadRequest, `{"ref":"../x"}`: http.StatusBadRequest} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/turn", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		if want != http.StatusUnauthorized {
			req.Header.Set("Authorization", "Bearer sesame")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s", body, res.Status)
		}
	}
}
