package fs

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// logFile is log.tsv: a line for each transaction of the default branch, the
// oldest first. It is kept, and a new commit adds to what is there.
type logFile struct {
	turn chan struct{} // held while the log is brought up to date; one who waits for it can be interrupted
	head cid.Cid
	data []byte // never changed in place
}

// logColumns is the first line of log.tsv.
var logColumns = []string{"t", "time", "commit", "author", "added", "retracted", "message", "signer"}

// logNode is log.tsv as of now.
func (d *database) logNode(ctx context.Context) (Node, error) {
	head, err := d.head(ctx)
	if err != nil {
		return nil, err
	}
	data, err := d.log.upTo(ctx, d, head)
	if err != nil {
		return nil, err
	}
	// Hashing the commit saves hashing the whole log each time.
	return text{data: data, mtime: head.At, moves: true, ino: inodeOf(inoFile, head.At, head.ID.Bytes())}, nil
}

// upTo is the log of head. Only commits that are not in the log yet are read,
// unless the branch was moved elsewhere.
func (l *logFile) upTo(ctx context.Context, d *database, head engine.Commit) ([]byte, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l.head == head.ID {
		return l.data, nil
	}
	var fresh [][]byte
	data := appendRow(nil, logColumns...)
	for c, err := range engine.Log(ctx, d.blocks, head.ID) {
		if errors.Is(err, engine.ErrPruned) { // the log begins here
			break
		}
		if err != nil {
			return nil, err
		}
		if c.ID == l.head {
			data = slices.Clip(l.data)
			break
		}
		if c, err = engine.Counted(ctx, d.blocks, c); err != nil {
			return nil, err
		}
		fresh = append(fresh, appendLog(nil, c))
	}
	for _, line := range slices.Backward(fresh) {
		data = append(data, line...)
	}
	l.head, l.data = head.ID, data
	return data, nil
}

// appendLog adds the line of one commit; the first one is no transaction and has none.
func appendLog(dst []byte, c engine.Commit) []byte {
	if c.T == 0 {
		return dst
	}
	return appendRow(dst, strconv.FormatUint(c.T, 10), c.At.UTC().Format(timeLayout), c.ID.String(), c.By,
		strconv.Itoa(c.Added), strconv.Itoa(c.Retracted), c.Msg, signerOf(c))
}

// signerOf is the fingerprint of the key that a commit was signed with, empty where it was not. Whose key that is nobody here can know.
func signerOf(c engine.Commit) string {
	key, err := c.Signer()
	switch {
	case errors.Is(err, engine.ErrUnsigned):
		return ""
	case err != nil:
		return engine.Fingerprint(key) + " (bad signature)"
	}
	return engine.Fingerprint(key)
}
