package edn

import (
	"errors"
	"fmt"
	"io"
	"unsafe"
)

// MaxDepth is how deep forms may nest in text.
const MaxDepth = 1000

// MaxForm is how many bytes of text one top-level form of a stream may have,
// unless Reader.SetLimit says otherwise.
const MaxForm = 64 << 20

// Error says where and why a text is not EDN.
type Error struct {
	Pos  Pos
	Msg  string
	Hint string // what to try; may be empty
}

// Error gives "line:column: message", without the hint.
func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Pos.Line, e.Pos.Col, e.Msg)
}

// Parse reads text that holds exactly one form. The value shares text's memory.
func Parse(text string) (Value, error) {
	r := textReader(text)
	v, err := r.Next()
	if err == io.EOF {
		return Value{}, &Error{Pos: r.pos(), Msg: "there is no form in the text"}
	}
	if err != nil {
		return Value{}, err
	}
	switch extra, err := r.Next(); {
	case err == io.EOF:
		return v, nil
	case err != nil:
		return Value{}, err
	default:
		return Value{}, &Error{Pos: extra.pos, Msg: "a second form, where one was expected", Hint: "put the forms into one vector: [ … ]"}
	}
}

// ParseAll reads all forms of text. The values share text's memory.
func ParseAll(text string) ([]Value, error) {
	r := textReader(text)
	var all []Value
	for {
		v, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
}

// Reader reads forms one after another from a stream, in memory for one of
// them and the values that the caller keeps.
type Reader struct {
	window
	depth int
	stack []Value // items of the collections that are open
	slab  []Value // memory for the items of closed ones
	words *words
	err   error // what Next failed with, for ever
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{window: window{src: r, line: 1, limit: MaxForm}, words: new(words)}
}

func textReader(text string) *Reader {
	r := &Reader{window: window{buf: unsafe.Slice(unsafe.StringData(text), len(text)), line: 1, shared: true}}
	if len(text) > 4<<10 {
		r.words = new(words)
	}
	return r
}

// SetLimit sets how many bytes one top-level form may have.
func (r *Reader) SetLimit(bytes int) { r.limit = bytes }

// Offset is how many bytes of the stream the forms read so far took.
func (r *Reader) Offset() int64 { return r.dropped + int64(r.at) }

// Next returns the next form, io.EOF after the last one, an *Error for bad
// text. After an error it returns the same error again.
func (r *Reader) Next() (Value, error) {
	if r.err != nil {
		return Value{}, r.err
	}
	v, err := r.top()
	if r.failed != nil && !errors.Is(r.failed, io.EOF) {
		err = r.failure(err)
	}
	r.err = err
	return v, err
}

// failure prefers what the stream failed with to the error that it caused,
// which is about text that ends too early.
func (r *Reader) failure(err error) error {
	if e := new(Error); errors.As(r.failed, &e) {
		return e
	}
	if err == nil && r.at < len(r.buf) {
		return nil // forms before the failure are still good
	}
	return fmt.Errorf("edn: read at %d:%d: %w", r.pos().Line, r.pos().Col, r.failed)
}

// top reads a form outside all collections.
func (r *Reader) top() (Value, error) {
	if r.dropped+int64(r.at) == 0 {
		if err := r.byteOrderMark(); err != nil {
			return Value{}, err
		}
	}
	for {
		r.beganAt = Pos{} // what lies between forms counts for none
		c, ok, err := r.skip()
		if err != nil {
			return Value{}, err
		}
		if !ok {
			return Value{}, io.EOF
		}
		r.began, r.beganAt = r.dropped+int64(r.at), r.pos()
		if v, got, err := r.element(c); got || err != nil {
			return v, err
		}
	}
}

// element reads the form that begins with c. It returns false for a discarded one.
func (r *Reader) element(c byte) (v Value, got bool, err error) {
	if r.depth++; r.depth > MaxDepth {
		return v, false, r.fail(r.pos(), fmt.Sprintf("forms nest deeper than %d", MaxDepth), "")
	}
	if c == '#' && r.has(1) && r.buf[r.at+1] == '_' {
		err = r.discard()
	} else {
		v, err = r.form(c)
		got = err == nil
	}
	r.depth--
	return v, got, err
}

// form reads the form that begins with c.
func (r *Reader) form(c byte) (Value, error) {
	switch c {
	case ':':
		return r.keyword()
	case '"':
		return r.str()
	case '{':
		return r.mapForm("")
	case '[':
		return r.collection(Vector, 1)
	case '(':
		return r.collection(List, 1)
	case '#':
		return r.dispatch()
	case '\\':
		return r.char()
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return r.number()
	case '+', '-':
		if r.has(1) && classes[r.buf[r.at+1]]&digit != 0 {
			return r.number()
		}
	case ')', ']', '}':
		return Value{}, r.fail(r.pos(), fmt.Sprintf("%c closes nothing", c), "")
	case '\'':
		return Value{}, r.refuse(c)
	}
	if classes[c]&word == 0 {
		return Value{}, r.refuse(c)
	}
	return r.symbol()
}

// discard reads #_ and the form after it.
func (r *Reader) discard() error {
	at := r.pos()
	r.at += 2
	for {
		c, ok, err := r.skip()
		if err != nil {
			return err
		}
		if !ok || c == ')' || c == ']' || c == '}' {
			return r.fail(at, "#_ has no form after it to discard", "")
		}
		if _, got, err := r.element(c); got || err != nil {
			return err
		}
	}
}

func (r *Reader) fail(at Pos, msg, hint string) error {
	return &Error{Pos: at, Msg: msg, Hint: hint}
}
