package engine

// Datom is one fact: entity, attribute, value, the t of the transaction that
// added or retracted it, and which of the two it did.
type Datom struct {
	E     ID
	A     ID // the attribute's entity id
	V     Value
	T     uint64
	Added bool
}

// Partitions of the entity ids. Ids below 2⁴² are the user's; everything at or
// above Datomic's user partition (4·2⁴²) too, so imported ids survive.
const (
	dbPart ID = 1 << 42 // idents of the system, then of attributes
	txPart ID = 3 << 42 // transaction t is entity txPart + t, as in Datomic
)

// TxID is the entity id of transaction t.
func TxID(t uint64) ID { return txPart + ID(t) }

// TxOf is the t of a transaction entity.
func TxOf(id ID) (t uint64, ok bool) {
	if id >= txPart && id < txPart+1<<42 {
		return uint64(id - txPart), true
	}
	return 0, false
}

// Opt is a value that may be left out: in a pattern, the zero Opt matches anything.
type Opt[T any] struct {
	Val T
	Set bool
}

// Some is an Opt that holds v.
func Some[T any](v T) Opt[T] { return Opt[T]{Val: v, Set: true} }

// tally counts what was added and what was retracted.
func tally(datoms []Datom) (added, retracted int) {
	for i := range datoms {
		if datoms[i].Added {
			added++
		} else {
			retracted++
		}
	}
	return added, retracted
}
