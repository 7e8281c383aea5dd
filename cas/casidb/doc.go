// Package casidb keeps blocks and refs in IndexedDB, in a browser: in a page or in
// a worker. Elsewhere it is empty.
//
// A commit is one strict transaction: its blocks and the move of its ref are there
// together or not at all. Refs move by compare-and-swap, so any number of tabs may
// write at once; they stand in line by Web Locks and tell each other of what was
// moved by a BroadcastChannel.
//
// FORMAT.md says what is in every object store.
package casidb
