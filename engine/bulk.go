package engine

import (
	"context"
	"fmt"
	"iter"

	"github.com/dhfs/dhfs/engine/edn"
)

// maxBulkNovel and maxBulkBytes bound the memory of a bulk import, which holds
// about 250 bytes a datom in nodes that are not stored, to some 250 MB.
const (
	maxBulkNovel = 1_000_000
	maxBulkBytes = 64 << 20
)

// Bulk commits batches of tx data, a transaction each. Other than Transact it
// stores nodes only when a great deal is new, and with the last batch: most
// nodes of an import would be replaced by the next transaction. done is called
// with every report; an error of it or of batches ends the import, and what was
// reported before is there to stay.
func (c *Conn) Bulk(ctx context.Context, batches iter.Seq2[[]edn.Value, error], m Meta, done func(Report) error) error {
	next, stop := iter.Pull2(batches)
	defer stop()
	forms, err, more := next()
	for n := 1; more && err == nil; n++ {
		var r Report
		following, failed, another := next()
		due := bulky
		if !another || failed != nil {
			due = flushed
		}
		if r, err = c.transact(ctx, forms, m, due); err != nil {
			return fmt.Errorf("batch %d: %w", n, err)
		}
		if err = done(r); err == nil {
			forms, err, more = following, failed, another
		}
	}
	return err
}

func bulky(n novelty, _ int) bool { return n.datoms >= maxBulkNovel || n.bytes >= maxBulkBytes }
