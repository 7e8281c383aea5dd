package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/dhfs/dhfs/engine/index"
)

// made are the edits of the tree: names that come, go, or are another entity's.
func (k *lateKind) made() (all []index.Late) {
	for _, e := range k.edits {
		edit := index.Late{Edit: index.Edit{Key: []byte(e.name)}, New: !e.before}
		switch {
		case !e.after:
			edit.Delete = true
		case e.before && !e.other:
			continue
		default:
			edit.Val = nameEntry{id: e.id}.appendTo(nil)
		}
		all = append(all, edit)
	}
	return all
}

// memory is about how many bytes they take.
func (n *lateNames) memory() (bytes int64) {
	for _, k := range n.kinds {
		for _, e := range k.edits {
			bytes += int64(unsafe.Sizeof(e)) + int64(len(e.name))
		}
	}
	return bytes + 16*int64(len(n.touched))
}

// within are the edits of names that begin with prefix.
func (k *lateKind) within(prefix string) []lateName {
	lo, _ := slices.BinarySearchFunc(k.edits, prefix, func(e lateName, p string) int { return strings.Compare(e.name, p) })
	hi := lo
	for hi < len(k.edits) && strings.HasPrefix(k.edits[hi].name, prefix) {
		hi++
	}
	return k.edits[lo:hi]
}

// with is NamesWith. Where something was touched the digest is that of no other commit: it is not looked at what the directories show. known is false where the newest change is not.
func (k *lateKind) with(ctx context.Context, prefix string) (r NameRange, known bool, err error) {
	lo := []byte(prefix)
	if r.From, err = k.tree.Rank(ctx, lo); err != nil {
		return r, false, err
	}
	if r.Count, err = k.tree.Count(ctx, lo, prefixEnd(lo)); err != nil {
		return r, false, err
	}
	edits := k.within(prefix)
	if len(edits) == 0 {
		s, err := k.before.tree.Summarize(ctx, lo, prefixEnd(lo))
		r.Newest, r.Digest = s.Max, binary.BigEndian.Uint64(s.Digest[:])
		return r, true, err
	}
	r.Newest, known = newestOf(edits)
	r.Digest = k.digest(prefix)
	return r, known, nil
}

// newestOf is the t of the newest change that the directories of edited names show. It is not known where names only go: then it is one of those that stay.
func newestOf(edits []lateName) (t uint64, known bool) {
	for _, e := range edits {
		if e.after && e.newest == 0 {
			return 0, false
		}
		if e.after {
			t = max(t, e.newest)
		}
	}
	return t, t > 0
}

// digest is that of the names of this commit that begin with prefix.
func (k *lateKind) digest(prefix string) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %q %q", k.commit, k.before.kind, prefix))
	return binary.BigEndian.Uint64(sum[:])
}

// info tells about the kind; known is false where the newest change is not.
func (k *lateKind) info() (info KindInfo, known bool, err error) {
	info = KindInfo{Kind: k.before.kind, Count: k.tree.n, Newest: k.before.newest}
	if len(k.edits) > 0 {
		info.Newest, known = newestOf(k.edits)
		info.Digest = k.digest("")
		return info, known, nil
	}
	root, err := k.before.tree.Root()
	if err == nil {
		info.Digest = shortDigest(root)
	}
	return info, true, err
}

// kindInfos is Kinds. known is false where all trees have to be made to tell.
func (l *late) kindInfos(ctx context.Context, s *state) (infos []KindInfo, known bool, err error) {
	names, err := l.names(ctx, s)
	if err != nil || names == nil {
		return nil, false, err
	}
	for i := range names.kinds {
		k := &names.kinds[i]
		info, known, err := k.info()
		if err != nil {
			return nil, false, fmt.Errorf("kind %q: %w", info.Kind, err)
		}
		if !known {
			made, err := l.settle(ctx)
			if err != nil {
				return nil, false, err
			}
			j, ok := made.trees.findKind(info.Kind)
			if !ok {
				return nil, false, l.wrong("kind " + info.Kind + " has no names")
			}
			info.Newest = made.trees.names[j].newest
		}
		infos = append(infos, info)
	}
	return infos, true, nil
}

// kind is the names of one kind.
func (n *lateNames) kind(kind string) (*lateKind, bool) {
	i, ok := slices.BinarySearchFunc(n.kinds, kind, func(k lateKind, name string) int { return strings.Compare(k.before.kind, name) })
	if !ok {
		return nil, false
	}
	return &n.kinds[i], true
}
