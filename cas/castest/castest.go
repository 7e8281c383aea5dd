// Package castest is what a cas.Store with Refs must do, as a test that every
// backend runs:
//
//	func TestStore(t *testing.T) {
//		castest.Run(t, func(t testing.TB) cas.RefStore { return openMine(t, t.TempDir()) })
//	}
//
// It also has stores made of stores for tests: Faulty, whose nth operation
// fails, and Counting, which counts what was read and written.
package castest

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
)

// Open makes an empty store and leaves its closing to t.Cleanup.
type Open func(t testing.TB) cas.RefStore

// Again opens the store that s is once more, without any help of s: as another
// process would. It may close s before or leave it open, as the option says.
type Again func(t testing.TB, s cas.RefStore) cas.RefStore

// Option adds tests to Run.
type Option func(*suite)

// Reopen has Run check that everything survives a close: again closes s and opens it anew.
func Reopen(again Again) Option { return func(s *suite) { s.reopen = again } }

// Beside has Run check that two open stores over the same storage see each
// other's blocks and refs and that only one of them wins a race: again leaves s open.
func Beside(again Again) Option { return func(s *suite) { s.beside = again } }

type suite struct {
	open           Open
	reopen, beside Again
}

// Run checks everything that cas.Store and cas.Refs promise, and cas.Batcher and cas.Collector
// where the store is one of these, each in a store of its own. cas.Committer is checked
// through cas.Commit, which every store has to bear.
func Run(t *testing.T, open Open, options ...Option) {
	s := &suite{open: open}
	for _, o := range options {
		o(s)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
	if s, ok := open(t).(batching); ok {
		t.Run("Batch", func(t *testing.T) { testBatch(t, s) })
	}
	if _, ok := open(t).(collecting); ok {
		for _, c := range collectCases {
			t.Run(c.name, func(t *testing.T) { c.test(t, open(t).(collecting)) })
		}
		if s.beside != nil {
			t.Run("CollectBeside", func(t *testing.T) { testCollectBeside(t, open(t).(collecting), s.beside) })
		}
	}
	if s.reopen != nil {
		t.Run("Reopen", func(t *testing.T) { testReopen(t, open(t), s.reopen) })
	}
	if s.beside != nil {
		t.Run("Beside", func(t *testing.T) { testBeside(t, open(t), s.beside) })
	}
}

var cases = []struct {
	name string
	test func(*testing.T, cas.RefStore)
}{
	{"Empty", testEmpty},
	{"Blocks", testBlocks},
	{"PutAgain", testPutAgain},
	{"Unknown", testUnknown},
	{"ForeignCID", testForeignCID},
	{"ZeroBlock", testZeroBlock},
	{"All", testAll},
	{"ManyBlocks", testManyBlocks},
	{"Cancelled", testCancelled},
	{"PutsAtOnce", testPutsAtOnce},
	{"ClosureWatched", testClosureWatched},
	{"ClosureCancelled", testClosureCancelled},
	{"Refs", testRefs},
	{"RefsSorted", testRefsSorted},
	{"RefNames", testRefNames},
	{"RefConflict", testRefConflict},
	{"RefABA", testRefABA},
	{"RefRace", testRefRace},
	{"RefIncrements", testRefIncrements},
	{"Commit", testCommit},
	{"CommitRace", testCommitRace},
}
