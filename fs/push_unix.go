//go:build linux || darwin

package fs

import (
	"context"
	"sync/atomic"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// A program that reads a tree lists an entity's directory and then reads each of
// its small files. Their content is at hand when the listing ends, and storing
// it in the kernel's page cache then costs a fifth of being asked for it.
//
// It is stored only while files are in fact being read: in every 16th directory
// one file is left out, and when nobody reads such a file, storing stops.
//
// Only a request for a listing may store: the kernel waits with it until pages
// that are being read are there, so a request for content that stored into
// other files could wait for one that waits for it.

const (
	// maxPushed is the size of the largest file that is stored ahead of being asked for.
	maxPushed = 4096
	// probe is how many directories there are for each in which a file is left out.
	probe = 16
)

// pusher decides when to store.
type pusher struct {
	server atomic.Pointer[fuse.Server]
	credit atomic.Int64 // how many directories may be stored before a file must be asked for
}

// read notes that the kernel asked for a file's content.
func (p *pusher) read() { p.credit.Store(2 * probe) }

// wanted tells whether to store the files of one more directory, and whether
// to leave one out.
func (p *pusher) wanted() (store, leaveOne bool) {
	left := p.credit.Add(-1)
	if left < 0 {
		p.credit.Store(0)
		return false, false
	}
	return true, left%probe == 0
}

// push stores the small files of an entity's directory, which was listed just now.
func (r *raw) push(ctx context.Context, d entityDir) {
	server := r.pusher.server.Load()
	if server == nil {
		return
	}
	wanted, leaveOne := r.pusher.wanted()
	if !wanted {
		return
	}
	files, err := d.files(ctx)
	if err != nil {
		return // whoever reads learns of the error
	}
	for _, e := range files {
		f, ok := e.Node.(attrFile)
		if !ok || f.large() {
			continue
		}
		a, ok := f.address()
		s, err := f.show(ctx)
		if err != nil || !ok || len(s.data) > maxPushed {
			continue
		}
		if leaveOne {
			leaveOne = false
			continue
		}
		if id, ok := r.nodes.known(a); ok {
			server.InodeNotifyStoreCache(id, 0, s.data)
		}
	}
}

// Init is called when the kernel is ready to be told things.
func (r *raw) Init(s *fuse.Server) { r.pusher.server.Store(s) }
