package castest

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

// Graph makes n different blocks that link to each other at random, children
// first, some of them from several parents, some raw. The last one reaches all
// the others. Equal arguments give equal graphs.
func Graph(seed uint64, n int) []cas.Block {
	rnd := rand.New(rand.NewPCG(seed, uint64(n)))
	var made []cas.Block
	var orphans []cid.Cid // blocks that nothing links to yet
	for i := range n {
		links := min(len(orphans), rnd.IntN(5))
		if i == n-1 {
			links = len(orphans)
		}
		children := orphans[len(orphans)-links:]
		if links > 0 && rnd.IntN(2) == 0 {
			children = append(children, made[rnd.IntN(len(made))].CID())
		}
		b := Node(seed<<32|uint64(i), children...)
		if len(children) == 0 && rnd.IntN(2) == 0 {
			b = Raw(seed<<32 | uint64(i))
		}
		made = append(made, b)
		orphans = append(orphans[:len(orphans)-links], b.CID())
	}
	return made
}

// Chain makes n blocks of which each links to the one before it.
func Chain(seed uint64, n int) []cas.Block {
	made := []cas.Block{Node(seed << 32)}
	for i := 1; i < n; i++ {
		made = append(made, Node(seed<<32|uint64(i), made[i-1].CID()))
	}
	return made
}

// Node makes a dag-cbor block: an array of a number and links.
func Node(number uint64, links ...cid.Cid) cas.Block {
	data := dagcbor.AppendUint(dagcbor.AppendArray(nil, 1+len(links)), number)
	for _, id := range links {
		data = dagcbor.AppendLink(data, id)
	}
	return cas.NewBlock(cas.DagCBOR, data)
}

// Raw makes a raw block of eight bytes.
func Raw(number uint64) cas.Block {
	return cas.NewBlock(cas.Raw, binary.BigEndian.AppendUint64(nil, number))
}

// bytesOf makes a raw block of size bytes that do not compress.
func bytesOf(seed uint64, size int) cas.Block {
	data := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(size)})
	if _, err := source.Read(data); err != nil {
		panic(err) // the generator never fails
	}
	return cas.NewBlock(cas.Raw, data)
}

func idsOf(blocks []cas.Block) []cid.Cid {
	var ids []cid.Cid
	for _, b := range blocks {
		ids = append(ids, b.CID())
	}
	return ids
}

// nodeNumber reads the number of a block that Node made.
func nodeNumber(b cas.Block) (uint64, error) {
	r := dagcbor.NewReader(b.Data())
	r.Array()
	return r.Uint(), r.Err()
}
