//go:build linux

package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// serveMemory is the argument that makes this program serve a tree from memory.
const serveMemory = "serve-memory"

// node is a file or directory in memory; its number is its place in the table.
type node struct {
	name     string
	attr     fuse.Attr
	data     []byte
	children []uint64 // of a directory, by name
}

// memory serves a tree that it has in memory, with all that makes a server in
// user space fast: no OPEN, answers that hold for ever, and contents of small
// files pushed into the page cache as their directory is listed.
type memory struct {
	fuse.RawFileSystem
	nodes  []node // by number; 0 is no node
	server atomic.Pointer[fuse.Server]
	credit atomic.Int64 // directories that may be pushed before a file must be asked for
}

const (
	forever = 365 * 24 * time.Hour
	pushed  = 4096 // the largest file that is pushed
	probe   = 16   // in every so many directories one file is not pushed, to see whether files are read
)

// serve shows the directory from at mnt until it is taken away.
func serve(from, mnt string) error {
	m := &memory{RawFileSystem: fuse.NewDefaultRawFileSystem(), nodes: make([]node, 1)}
	if _, err := m.load("", from); err != nil {
		return err
	}
	server, err := fuse.NewServer(m, mnt, &fuse.MountOptions{
		Name: "memory", FsName: "memory", DirectMount: os.Geteuid() == 0,
		DisableXAttrs: true, DisableSplice: true, MaxBackground: 64, EnableSymlinkCaching: true,
	})
	if err != nil {
		return err
	}
	server.Serve()
	return nil
}

// load reads a file, or a directory and all below it.
func (m *memory) load(name, path string) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return 0, err
	}
	id := uint64(len(m.nodes))
	n := node{name: name, attr: fuse.Attr{
		Ino: id, Mode: st.Mode, Size: uint64(st.Size), Nlink: 1, Blksize: 4096, Blocks: uint64(st.Size+511) / 512,
		Mtime: uint64(st.Mtim.Sec), Mtimensec: uint32(st.Mtim.Nsec), Owner: fuse.Owner{Uid: st.Uid, Gid: st.Gid},
	}}
	m.nodes = append(m.nodes, n)
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		data, err := os.ReadFile(path)
		m.nodes[id].data = data
		return id, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return 0, err
	}
	children := make([]uint64, len(entries))
	for i, e := range entries {
		if children[i], err = m.load(e.Name(), filepath.Join(path, e.Name())); err != nil {
			return 0, err
		}
	}
	m.nodes[id].children = children
	return id, nil
}

func (m *memory) Init(s *fuse.Server) { m.server.Store(s) }

func (m *memory) Lookup(_ <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	children := m.nodes[in.NodeId].children
	i, ok := slices.BinarySearchFunc(children, name, func(id uint64, name string) int { return cmp.Compare(m.nodes[id].name, name) })
	if !ok {
		out.SetEntryTimeout(forever)
		return fuse.OK
	}
	m.entry(children[i], out)
	return fuse.OK
}

func (m *memory) entry(id uint64, out *fuse.EntryOut) {
	out.NodeId, out.Attr = id, m.nodes[id].attr
	out.SetEntryTimeout(forever)
	out.SetAttrTimeout(forever)
}

func (m *memory) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	out.Attr = m.nodes[in.NodeId].attr
	out.SetTimeout(forever)
	return fuse.OK
}

func (m *memory) ReadDirPlus(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return m.list(in, func(id uint64, e fuse.DirEntry) bool {
		plus := out.AddDirLookupEntry(e)
		if plus != nil && id != 0 {
			m.entry(id, plus)
		}
		return plus != nil
	})
}

func (m *memory) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return m.list(in, func(_ uint64, e fuse.DirEntry) bool { return out.AddDirEntry(e) })
}

// list adds the entries from the offset on; when there are none, the kernel
// has them all, and files may be pushed.
func (m *memory) list(in *fuse.ReadIn, add func(id uint64, e fuse.DirEntry) bool) fuse.Status {
	children := m.nodes[in.NodeId].children
	at := in.Offset
	for ; at < 2; at++ {
		if !add(0, fuse.DirEntry{Name: "..."[:at+1], Mode: unix.S_IFDIR, Off: at + 1}) {
			return fuse.OK
		}
	}
	if int(at-2) >= len(children) && in.Offset == at {
		m.push(children)
		return fuse.OK
	}
	for _, id := range children[at-2:] {
		n := &m.nodes[id]
		if at++; !add(id, fuse.DirEntry{Name: n.name, Mode: n.attr.Mode, Ino: id, Off: at}) {
			break
		}
	}
	return fuse.OK
}

// push stores small files into the page cache while files are being read, by
// the rule of dhfs.
func (m *memory) push(children []uint64) {
	left := m.credit.Add(-1)
	if left < 0 {
		m.credit.Store(0)
		return
	}
	server, leaveOne := m.server.Load(), left%probe == 0
	for _, id := range children {
		n := &m.nodes[id]
		switch {
		case len(n.data) == 0 || len(n.data) > pushed:
		case leaveOne:
			leaveOne = false
		default:
			server.InodeNotifyStoreCache(id, 0, n.data)
		}
	}
}

func (m *memory) Read(_ <-chan struct{}, in *fuse.ReadIn, _ []byte) (fuse.ReadResult, fuse.Status) {
	m.credit.Store(2 * probe)
	data := m.nodes[in.NodeId].data
	from := min(in.Offset, uint64(len(data)))
	return fuse.ReadResultData(data[from:min(from+uint64(in.Size), uint64(len(data)))]), fuse.OK
}

func (m *memory) Access(<-chan struct{}, *fuse.AccessIn) fuse.Status { return fuse.ENOSYS }

func (m *memory) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	*out = fuse.StatfsOut{Bsize: 4096, Frsize: 4096, NameLen: 255}
	return fuse.OK
}

// Open, OpenDir and Flush are not needed: there is no state.
func (m *memory) Open(<-chan struct{}, *fuse.OpenIn, *fuse.OpenOut) fuse.Status { return fuse.ENOSYS }
func (m *memory) OpenDir(<-chan struct{}, *fuse.OpenIn, *fuse.OpenOut) fuse.Status {
	return fuse.ENOSYS
}
func (m *memory) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status { return fuse.ENOSYS }
