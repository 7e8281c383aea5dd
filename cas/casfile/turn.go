package casfile

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/filelock"
)

// maxTurn is how long a writer waits for its turn. It is longer than a large transaction takes, so that one is not
// overtaken by many small ones again and again, and ends the wait for a process that was stopped and not killed.
const maxTurn = 30 * time.Second

// Turn implements cas.Queuer.
func (s *Store) Turn(ctx context.Context, ref string) (done func(), held bool) {
	if s.mayWrite(ctx) != nil || cas.CheckRefName(ref) != nil {
		return func() {}, false
	}
	return filelock.Turn(ctx, s.turnPath(ref), maxTurn)
}

// turnPath is what the files of a ref's line begin with. A ref's name has no plus sign.
func (s *Store) turnPath(ref string) string {
	return filepath.Join(s.dir, "turns", strings.ReplaceAll(ref, "/", "+"))
}
