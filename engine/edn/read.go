package edn

import "io"

// Error says where and why a text is not EDN.
type Error struct {
	Pos  Pos
	Msg  string
	Hint string // what to try; may be empty
}

// Parse reads text that holds exactly one form.
func Parse(text string) (Value, error) { panic("spec") }

// ParseAll reads all forms of text.
func ParseAll(text string) ([]Value, error) { panic("spec") }

// Reader reads forms one after another from a stream in bounded memory.
type Reader struct{}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { panic("spec") }

// Next returns the next form, io.EOF after the last one, an *Error for bad text.
func (r *Reader) Next() (Value, error) { panic("spec") }

func (e *Error) Error() string { panic("spec") }

// Append writes v on one line, such that Parse reads an equal value.
func Append(dst []byte, v Value) []byte { panic("spec") }

func (v Value) String() string { return string(Append(nil, v)) }

// Equal: Clojure's = (list and vector with equal items are equal; 1 and 1.0 are not).
func Equal(a, b Value) bool { panic("spec") }

// Compare is a total order over all values, numbers numerically; same kind by value.
func Compare(a, b Value) int { panic("spec") }

// Hash agrees with Equal.
func Hash(v Value) uint64 { panic("spec") }
