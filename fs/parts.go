package fs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"time"
	"unsafe"
)

// partBytes is about how large a part of a file is; one that cannot be divided is larger.
const partBytes = 256 << 10

// keptAhead is how much of a file is kept when it is made for the first time, to find its size: small ones are made once.
const keptAhead = 16 << 20

// outlineBytes bounds the outlines that a tree keeps.
const outlineBytes = 8 << 20

// outline is where the parts of a file end. It is made by making the whole file once, part by part.
type outline []outlined

type outlined struct {
	end  int64 // in the file
	mark any   // whatever makes the part again
}

func (o outline) size() int { return len(o) * int(unsafe.Sizeof(outlined{})+64) }

// total is the size of the file.
func (o outline) total() int64 {
	if len(o) == 0 {
		return 0
	}
	return o[len(o)-1].end
}

// begin is where a part begins.
func (o outline) begin(i int) int64 {
	if i == 0 {
		return 0
	}
	return o[i-1].end
}

// piece is a part as it is made for the first time.
type piece struct {
	mark any
	text []byte
}

// parted is a file of a commit that is made in parts. Its inode tells the commit and the path, since it is no use to hash a file
// that nothing lists.
type parted struct {
	tree  *Tree
	key   string // names the content
	mtime time.Time
	all   func(context.Context) iter.Seq2[piece, error]
	part  func(ctx context.Context, mark any) ([]byte, error)
}

func (f *parted) Stat(ctx context.Context) (Stat, error) {
	o, err := f.outline(ctx)
	if err != nil {
		return Stat{}, err
	}
	return Stat{Mode: fileMode, Size: o.total(), MTime: f.mtime, Ino: inodeOf(inoParted, f.mtime, []byte(f.key))}, nil
}

func (f *parted) outline(ctx context.Context) (outline, error) {
	return f.tree.outlines.get(ctx, f.key, func(ctx context.Context) (o outline, err error) {
		for p, err := range f.all(ctx) {
			if err != nil {
				return nil, err
			}
			n := len(o)
			if o = append(o, outlined{o.total() + int64(len(p.text)), p.mark}); o.total() <= keptAhead {
				_, err = f.text(ctx, o, n, func(context.Context) ([]byte, error) { return p.text, nil })
			}
			if err != nil {
				return nil, err
			}
		}
		return slices.Clip(o), nil
	})
}

// text is a part, which is made unless it is kept.
func (f *parted) text(ctx context.Context, o outline, i int, build func(context.Context) ([]byte, error)) ([]byte, error) {
	text, err := f.tree.cache.get(ctx, fmt.Sprintf("%s/%d", f.key, i), build)
	if err == nil && int64(len(text)) != o[i].end-o.begin(i) {
		err = errOtherPart
	}
	return text, err
}

// errOtherPart cannot happen: what a commit shows never changes.
var errOtherPart = errors.New("a part of the file has another size than before")

func (f *parted) Read(ctx context.Context) ([]byte, error) {
	s, err := f.Stat(ctx)
	if err != nil {
		return nil, err
	}
	return f.ReadPart(ctx, 0, int(s.Size))
}

func (f *parted) ReadPart(ctx context.Context, from int64, n int) ([]byte, error) {
	o, err := f.outline(ctx)
	if err != nil {
		return nil, err
	}
	to := min(o.total(), from+int64(n))
	var out []byte
	for i := sort.Search(len(o), func(i int) bool { return o[i].end > from }); i < len(o) && o.begin(i) < to; i++ {
		text, err := f.text(ctx, o, i, func(ctx context.Context) ([]byte, error) { return f.part(ctx, o[i].mark) })
		if err != nil {
			return nil, err
		}
		text = text[max(0, from-o.begin(i)):min(int64(len(text)), to-o.begin(i))]
		if out == nil && int64(len(text)) == to-from {
			return text, nil
		}
		out = append(out, text...)
	}
	return out, nil
}
