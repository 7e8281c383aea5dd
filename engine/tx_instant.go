package engine

import (
	"time"

	"github.com/dhfs/dhfs/engine/edn"
)

// stamp gives the transaction its :db/txInstant: what tx data says, else now.
// It rises strictly, by milliseconds, from one transaction to the next.
func (x *tx) stamp(now time.Time) error {
	last, ms := x.lastInstant(), now.UnixMilli()
	if !x.stamped {
		x.do(act{e: ent(x.id), a: systemByIdent["db/txInstant"], v: Instant(max(ms, last+1))})
		return nil
	}
	switch {
	case x.at <= last:
		return refuse(codeInstant, x.stampedAt, "the newest transaction is of "+showInstant(last),
			":db/txInstant %s does not come after the transactions there are", showInstant(x.at))
	case x.at > ms:
		return refuse(codeInstant, x.stampedAt, "now is "+showInstant(ms), ":db/txInstant %s is in the future", showInstant(x.at))
	}
	return nil
}

// lastInstant is the time of the newest transaction. The making of the database is none, so
// that facts can be given the times of long ago.
func (x *tx) lastInstant() int64 {
	if x.db.T() == 0 {
		return -1 << 62
	}
	return x.db.At().UnixMilli()
}

func showInstant(ms int64) string { return edn.MakeInst(ms).String() }
