package fs

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// A content inode is the start of a sha-256 over everything that stat and read
// show. Programs take equal inodes for equal files and skip comparing them, so
// a cheaper hash, for which collisions can be made, would let them be deceived.

// inodeOf hashes a node's kind, time and content.
func inodeOf(kind byte, mtime time.Time, content []byte) uint64 {
	var buf [512]byte // most contents are small, and need no memory of their own
	return inodeOver(kind, mtime, append(buf[:inodeHead], content...))
}

// inodeHead is how many bytes are hashed before the content.
const inodeHead = 1 + 8

// inodeOver is inodeOf of what comes after the first inodeHead bytes, which it writes over.
func inodeOver(kind byte, mtime time.Time, all []byte) uint64 {
	all[0] = kind
	binary.BigEndian.PutUint64(all[1:], uint64(mtime.UnixMilli()))
	sum := sha256.Sum256(all)
	return firstWord(sum[:])
}

// inodeMix hashes a node's kind, time and the digests of what it shows.
func inodeMix(kind byte, mtime time.Time, digests ...uint64) uint64 {
	buf := make([]byte, 0, 8*len(digests))
	for _, d := range digests {
		buf = binary.BigEndian.AppendUint64(buf, d)
	}
	return inodeOf(kind, mtime, buf)
}

// firstWord avoids the two numbers that kernels and archivers give a meaning of their own.
func firstWord(sum []byte) uint64 {
	n := binary.BigEndian.Uint64(sum)
	if n < 2 {
		return n + 2
	}
	return n
}

// Kinds of nodes that inodes are made for; a directory never equals a file.
const (
	inoFile byte = iota + 1
	inoLink
	inoEntity
	inoKind
	inoDir
	inoPage
	inoParted
)
