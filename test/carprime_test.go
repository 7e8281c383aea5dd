package test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/car"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	cidlink "github.com/ipld/go-ipld-prime/linking/cid"
	"github.com/ipld/go-ipld-prime/node/basicnode"
	"github.com/ipld/go-ipld-prime/traversal"
)

// Every block of a database's CAR file is read strictly by go-ipld-prime, has the hash that its name says, is what go-ipld-prime would have written,
// and links to blocks of the file only, all of which are reached from the root.
func TestCARByIPLDPrime(t *testing.T) {
	s, conn := wirePeople(t, 400)
	raise(t, conn, 400, 100, 1) // nodes are stored once in between
	large, err := edn.ParseAll(`[{:person/id "p000001" :person/first "` + strings.Repeat("large ", 1000) + `"}]`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := conn.Transact(t.Context(), large[0].Items(), engine.Meta{By: "Zoë", Msg: "ünïcode"})
	if err != nil {
		t.Fatal(err)
	}
	root := r.Commit.ID
	var file bytes.Buffer
	if err := car.Write(&file, []cid.Cid{root}, cas.Walk(t.Context(), s, []cid.Cid{root}, nil)); err != nil {
		t.Fatal(err)
	}
	f, err := car.Open(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), nil)
	if err != nil {
		t.Fatal(err)
	}
	reached := map[cid.Cid]bool{root: true}
	kinds := map[uint64]int{}
	for todo := []cid.Cid{root}; len(todo) > 0; {
		id := todo[0]
		todo = todo[1:]
		links, err := primeLinks(t, f, id)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		kinds[id.Type()]++
		for _, l := range links {
			if !reached[l] {
				reached[l] = true
				todo = append(todo, l)
			}
		}
	}
	r2, err := car.NewReader(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range r2.Blocks() {
		if err != nil || !reached[b.CID()] {
			t.Errorf("block %s is not reached: %v", b.CID(), err)
		}
	}
	if kinds[cas.Raw] == 0 || kinds[cas.DagCBOR] < 200 {
		t.Errorf("too little was read: %v", kinds)
	}

	// And back, into another store: the same commit, with the same root.
	again := cas.NewMemory()
	if _, err := cas.Copy(t.Context(), again, f, root, nil); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	if done, err := engine.Rebuild(t.Context(), again, root, nil); err != nil || done.Transactions < 100 {
		t.Errorf("%+v, %v", done, err)
	}
	t.Logf("%v blocks; rebuilt in %s", kinds, time.Since(before))
}

// primeLinks reads a block with go-ipld-prime and lists what it links to.
func primeLinks(t *testing.T, f *car.File, id cid.Cid) (links []cid.Cid, err error) {
	b, err := f.Get(t.Context(), id)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b.Data())
	if hash := id.Hash(); !slices.Equal(hash[len(hash)-32:], sum[:]) {
		return nil, fmt.Errorf("another hash")
	}
	if id.Type() != cas.DagCBOR {
		return nil, nil
	}
	nb := basicnode.Prototype.Any.NewBuilder()
	strict := dagcbor.DecodeOptions{AllowLinks: true}
	if err := strict.Decode(nb, bytes.NewReader(b.Data())); err != nil {
		return nil, err
	}
	node := nb.Build()
	var again bytes.Buffer
	if err := dagcbor.Encode(node, &again); err != nil {
		return nil, err
	}
	if !bytes.Equal(again.Bytes(), b.Data()) {
		return nil, fmt.Errorf("written again it is other bytes")
	}
	all, err := traversal.SelectLinks(node)
	for _, l := range all {
		links = append(links, l.(cidlink.Link).Cid)
	}
	return links, err
}
