//go:build linux || darwin

package fs

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// A program that walks a tree lists an entity's directory. Then it may want no
// more than the names (find), ask for the attributes of each file (ls -l), or
// read each (grep -r). Attributes can be given with the listing and contents be
// stored in the kernel's page cache when it ends, which costs a fifth of being
// asked for them, but as much as the listing itself where nobody wants them.
//
// So both are given only while files are in fact being looked up or read. In one
// directory of 16 one file is left out; when nobody asks for such files, giving
// stops.
//
// Only a request for a listing may store: the kernel waits with it until pages
// that are being read are there, so a request for content that stored into
// other files could wait for one that waits for it.

const (
	// maxPushed is the size of the largest file that is stored ahead of being asked for.
	maxPushed = 4096
	// probe is how many directories there are for each in which a file is left out.
	probe = 16
	// credit is for how many directories one request is taken as a sign: enough that one
	// in which a file is left out is hardly ever missed.
	credit = 8 * probe
)

// ahead decides what the kernel is told before it asks.
type ahead struct {
	server atomic.Pointer[fuse.Server]
	attrs  demand
	data   demand
}

// demand tells whether one thing is wanted ahead of being asked for.
type demand struct {
	credit atomic.Int64 // how many directories it is given for before it must be asked for
	missed missed
}

// asked notes that the kernel asked. Directories that were listed without are to be
// listed anew once that was often.
func (d *demand) asked() (anew []uint64) {
	d.credit.Store(credit)
	return d.missed.asked()
}

// wanted tells whether to give it for the directory numbered id, which the kernel begins to list.
func (d *demand) wanted(id uint64) bool {
	if d.credit.Add(-1) >= 0 {
		return true
	}
	d.credit.Store(0)
	d.missed.add(id)
	return false
}

// going tells whether it is being given.
func (d *demand) going() bool { return d.credit.Load() > 0 }

// The kernel keeps listings, and lists by itself what a program walks again. So
// after find, grep -r would ask for each file: directories listed without what
// is wanted now have to be listed anew.

const (
	maxMissed = 1 << 15 // directories that are remembered; 8 bytes each
	enough    = 64      // questions that show a walk
)

// missed are the directories that were listed last without what is now wanted.
type missed struct {
	mu        sync.Mutex
	dirs      []uint64 // a ring once it is full
	next      int      // where the oldest is in it
	questions int
}

func (m *missed) add(id uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.dirs) < maxMissed {
		m.dirs = append(m.dirs, id)
		return
	}
	m.dirs[m.next] = id
	m.next = (m.next + 1) % maxMissed
}

// asked counts a question. When there were enough, it takes the directories out.
func (m *missed) asked() (dirs []uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.questions++; m.questions < enough {
		return nil
	}
	dirs = m.dirs
	m.dirs, m.next, m.questions = nil, 0, 0
	return dirs
}

// forgetListings makes the kernel ask again when it next lists one of these
// directories. It does not wait: the kernel may hold what it needs for that until
// the request that is being answered is.
func (a *ahead) forgetListings(dirs []uint64) {
	server := a.server.Load()
	if server == nil || len(dirs) == 0 {
		return
	}
	go func() {
		for _, id := range dirs {
			server.InodeNotify(id, 0, 0) // to the end; an error means that it knows none
		}
	}()
}

// lookedUp notes that a program looked up a file of an entity.
func (a *ahead) lookedUp() { a.forgetListings(a.attrs.asked()) }

// read notes that a program read one. Contents can be stored only of files that were
// listed with attributes, whether or not the kernel still had these.
func (a *ahead) read() {
	a.attrs.credit.Store(credit)
	a.forgetListings(a.data.asked())
}

// leavesOne tells whether one file of the entity's directory is left out: by a hash of
// its id, since ids may rise by any step.
func leavesOne(d entityDir) bool {
	x := uint64(d.id)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9 // the finalizer of SplitMix64
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x^x>>31)%probe == 0
}

// push stores the small files of an entity's directory, which was listed just now.
func (r *raw) push(ctx context.Context, id uint64, d entityDir) {
	server := r.ahead.server.Load()
	// Files that were listed by name have no pages in the kernel yet.
	if server == nil || !r.ahead.attrs.going() || !r.ahead.data.wanted(id) {
		return
	}
	files, err := d.files(ctx)
	if err != nil {
		return // whoever reads learns of the error
	}
	if leavesOne(d) && len(files) > 0 {
		files = files[1:]
	}
	for _, e := range files {
		f, ok := e.Node.(*attrFile)
		if !ok || f.large() {
			continue
		}
		a, ok := f.address()
		s, err := f.show(ctx)
		if err != nil || !ok || s.stat.Size > maxPushed {
			continue
		}
		id, ok := r.nodes.known(a)
		if !ok {
			continue
		}
		if data, err := f.data(ctx, s); err == nil {
			server.InodeNotifyStoreCache(id, 0, data)
		}
	}
}

// Init is called when the kernel is ready to be told things.
func (r *raw) Init(s *fuse.Server) { r.ahead.server.Store(s) }
