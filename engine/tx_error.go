package engine

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// TxError is tx data that was refused: nothing was written.
type TxError struct {
	Code string  // "transact/unique", Datahike's where it has one, without the colon
	Pos  edn.Pos // of the form at fault
	Msg  string
	Hint string
}

// Error is the position where there is one, the message and the code. The hint is for the caller to print.
func (e *TxError) Error() string {
	if e.Pos == (edn.Pos{}) {
		return fmt.Sprintf("%s (%s)", e.Msg, e.Code)
	}
	return fmt.Sprintf("%d:%d: %s (%s)", e.Pos.Line, e.Pos.Col, e.Msg, e.Code)
}
