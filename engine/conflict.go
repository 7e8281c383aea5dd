package engine

import "fmt"

// Why two sides of a merge cannot both have their way.
const (
	ConflictValue     = "value"     // both changed the only value of an attribute, differently
	ConflictRetracted = "retracted" // one side retracted an entity that the other changed or refers to
	ConflictUnique    = "unique"    // both gave a unique value to an entity of theirs
)

// Conflict is something that both sides of a merge did since they parted, of which only one can hold. Ids are those of
// ours; entities that only theirs knows have the ids that the merge would give them.
type Conflict struct {
	Kind   string
	Entity ID
	Attr   string // its ident; "" where the entity as a whole is at issue
	Base   []Value
	Ours   []Value // what ours has now; for a unique value: that of the entity Holder
	Theirs []Value
	Holder ID // the entity of ours that has the unique value

	OursBy, TheirsBy Commit // who did it last on each side
}

// Choice says what becomes of a conflict.
type Choice struct {
	Take   Side
	Values []Value // with TakeValues: what the attribute shall have, in place of both
}

// Side is one of the two that are merged.
type Side uint8

const (
	Undecided Side = iota
	TakeOurs
	TakeTheirs
	TakeValues // only for conflicts of kind ConflictValue
)

// ConflictError lists what has to be decided before a merge can be made. Nothing was written.
type ConflictError struct{ Conflicts []Conflict }

func (e *ConflictError) Error() string {
	if n := len(e.Conflicts); n != 1 {
		return fmt.Sprintf("%d conflicts", n)
	}
	return "1 conflict"
}
