//go:build linux || darwin

package fs

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// The kernel names nodes by numbers that the server gives out. A number stands
// for one value for ever: when "head" points elsewhere, the next look-up gives
// another number, so whatever the kernel keeps under the old one stays right.

// nodeKey is what makes two look-ups give the same number.
type nodeKey struct {
	parent  uint64
	name    string
	version uint64 // the content inode
}

// bound is a node that the kernel knows.
type bound struct {
	node    Node
	key     nodeKey
	lookups uint64    // how often the kernel was given the number, less what it forgot
	used    time.Time // when a moving file was last asked for
}

// nodes are the nodes that the kernel knows, by number: in slots what has an
// address, in a table the rest.
type nodes struct {
	mu    sync.Mutex
	slots slots
	byID  map[uint64]*bound
	byKey map[nodeKey]uint64
	last  uint64
}

func newNodes(root Dir) *nodes {
	return &nodes{
		byID:  map[uint64]*bound{fuse.FUSE_ROOT_ID: {node: root, lookups: 1}},
		byKey: map[nodeKey]uint64{},
		last:  fuse.FUSE_ROOT_ID,
	}
}

// keyOf identifies a node found as name in the directory numbered parent. A
// file that can be written stays the same under whatever name.
func keyOf(parent uint64, name string, n Node, s Stat) nodeKey {
	if f, ok := n.(*queryFile); ok {
		return nodeKey{version: f.serial}
	}
	return nodeKey{parent: parent, name: name, version: s.Ino}
}

// bind counts one look-up and returns the node's number.
func (t *nodes) bind(key nodeKey, n Node) uint64 {
	a, packs := addressOf(n)
	t.mu.Lock()
	defer t.mu.Unlock()
	if packs {
		if id, ok := t.slots.bind(a); ok {
			return id
		}
	}
	id, ok := t.byKey[key]
	if !ok {
		t.last++
		id = t.last
		t.byKey[key] = id
		t.byID[id] = &bound{node: n, key: key, used: time.Now()}
	}
	t.byID[id].lookups++
	return id
}

func addressOf(n Node) (address, bool) {
	if a, ok := n.(addressed); ok {
		return a.address()
	}
	return address{}, false
}

// known is the number of what has an address, without counting a look-up;
// false when the kernel knows nothing of its commit.
func (t *nodes) known(a address) (uint64, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, ok := t.slots.of[a.c]
	return a.number(i), ok && a.fits()
}

// errForgotten cannot happen with a kernel that keeps to the protocol.
var errForgotten = errors.New("the kernel asks for a node that it forgot")

// get returns the node numbered id.
func (t *nodes) get(ctx context.Context, id uint64) (Node, error) {
	t.mu.Lock()
	if id&packedBit != 0 {
		a, ok := t.slots.address(id)
		t.mu.Unlock()
		if !ok {
			return nil, errForgotten
		}
		return a.node(ctx)
	}
	defer t.mu.Unlock()
	if b, ok := t.byID[id]; ok {
		return b.node, nil
	}
	return nil, errForgotten
}

// forget takes back n look-ups.
func (t *nodes) forget(id, n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id&packedBit != 0 {
		t.slots.forget(id, n)
		return
	}
	b, ok := t.byID[id]
	if !ok || id == fuse.FUSE_ROOT_ID {
		return
	}
	if b.lookups -= min(n, b.lookups); b.lookups > 0 {
		return
	}
	delete(t.byID, id)
	if t.byKey[b.key] == id {
		delete(t.byKey, b.key)
	}
}

// pathPatience is how long finding a name for a message may take: the store that
// the message is about may not answer.
const pathPatience = 100 * time.Millisecond

// path is the path of a node, for messages.
func (t *nodes) path(ctx context.Context, id uint64, more ...string) string {
	names, a, packed := t.names(id, more)
	if packed {
		ctx, cancel := context.WithTimeout(ctx, pathPatience)
		defer cancel()
		names = append([]string{a.path(ctx)}, names...)
	}
	if path := strings.TrimSuffix(strings.Join(names, "/"), "/"); path != "" {
		return path
	}
	return "."
}

// names are those that lead to a node, from the root or from the address where
// the way begins.
func (t *nodes) names(id uint64, more []string) (names []string, a address, packed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	names = more
	for id != fuse.FUSE_ROOT_ID {
		if id&packedBit != 0 {
			a, packed = t.slots.address(id)
			break
		}
		b, ok := t.byID[id]
		if !ok || b.key.parent == 0 {
			break
		}
		names = append([]string{b.key.name}, names...)
		id = b.key.parent
	}
	return names, a, packed
}

// idle is how long nobody may have asked for a moving file before its number
// may stand for what the file has become. A program that reads asks all the
// time and sees one content to the end; tail -f asks once a second.
const idle = 500 * time.Millisecond

// follow looks a moving file up again when it was not in use, for programs
// that hold it open and wait for it to change.
func (t *nodes) follow(ctx context.Context, id uint64) {
	parent, name, ok := t.idleFile(id)
	if !ok {
		return
	}
	n, err := parent.Lookup(ctx, name)
	if err != nil {
		return // the content that was opened stays
	}
	if _, isFile := n.(File); !isFile {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.byID[id]
	if !ok {
		return
	}
	b.node = n
	if t.byKey[b.key] == id {
		delete(t.byKey, b.key) // the number no longer stands for that version
	}
}

// idleFile marks a file as used, and tells where to look it up if it was idle.
func (t *nodes) idleFile(id uint64) (parent Dir, name string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.byID[id]
	if !ok {
		return nil, "", false
	}
	since := time.Since(b.used)
	b.used = time.Now()
	above, ok := t.byID[b.key.parent]
	if !ok || since < idle {
		return nil, "", false
	}
	parent, ok = above.node.(Dir)
	return parent, b.key.name, ok
}
