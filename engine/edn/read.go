package edn

import (
	"errors"
	"fmt"
	"io"
	"unsafe"
)

// MaxDepth is how deep forms may nest in text.
const MaxDepth = 1000

// MaxForm is how many bytes of text one form of a stream may have. Those of
// a collection that was entered count one by one.
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
func Parse(text string) (Value, error) { return textReader(text).one() }

// one reads the only form of a text.
func (r *Reader) one() (Value, error) {
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
	json    bool // the text is JSON
	source  bool // the text is from a Clojure program
	depth   int
	entered []level
	stack   []Value // items of the collections that are open
	slab    []Value // memory for the items of closed ones
	words   *words
	bad     *Error // what is wrong with the text
	err     error  // what Next failed with, for ever
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{window: window{src: r, line: 1, limit: MaxForm}, words: new(words)}
}

func textReader(text string) *Reader {
	r := &Reader{stack: make([]Value, 0, 16), window: window{buf: unsafe.Slice(unsafe.StringData(text), len(text)), line: 1, shared: true}}
	if len(text) > 4<<10 {
		r.words = new(words)
	}
	return r
}

// Next returns the next form, io.EOF after the last one, an *Error for bad
// text. After an error it returns the same error again. In a collection that
// was entered, io.EOF means its end, and the form after it comes next.
func (r *Reader) Next() (Value, error) {
	if r.err != nil {
		return Value{}, r.err
	}
	r.stack = r.stack[:0]
	read, ended := false, false
	if n := len(r.entered); n > 0 {
		read, ended = r.nextItem(&r.entered[n-1])
	} else {
		read = r.top()
	}
	switch {
	case r.failed != nil && r.failed != io.EOF && (!read || r.at == len(r.buf)):
		// A form that touches the end may be cut off.
		r.err = r.failure()
	case read:
		return r.stack[0], nil
	case ended:
		r.entered = r.entered[:len(r.entered)-1]
		return Value{}, io.EOF
	case r.bad != nil:
		r.err = r.bad
	default:
		r.err = io.EOF
	}
	return Value{}, r.err
}

// failure is what the stream failed with. What is wrong with the text then
// only follows from its being cut off.
func (r *Reader) failure() error {
	if e := new(Error); errors.As(r.failed, &e) {
		return e
	}
	at := r.pos()
	return fmt.Errorf("edn: read at %d:%d: %w", at.Line, at.Col, r.failed)
}

// The methods below read one thing, push its value on the stack and return
// true. Where they cannot, they leave the reason in bad and return false.

// top reads a form outside all collections; false without a reason at the end of the text.
func (r *Reader) top() bool {
	if r.dropped+int64(r.at) == 0 && !r.byteOrderMark() {
		return false
	}
	for len(r.stack) == 0 {
		c, ok := r.between()
		if !ok || !r.element(c) {
			return false
		}
	}
	return true
}

// between goes to where the next form begins that the limit is for.
func (r *Reader) between() (c byte, ok bool) {
	r.beganAt = Pos{} // what lies between forms counts for none
	if c, ok = r.skip(); ok {
		r.began, r.beganAt = r.dropped+int64(r.at), r.pos()
	}
	return c, ok
}

// element reads the form that begins with c, or steps over a discarded one without pushing it.
func (r *Reader) element(c byte) bool {
	if r.depth++; r.depth > MaxDepth {
		return r.fail(r.pos(), fmt.Sprintf("forms nest deeper than %d", MaxDepth), "")
	}
	var ok bool
	if r.json {
		ok = r.jsonForm(c)
	} else if c == '#' && r.has(1) && r.buf[r.at+1] == '_' {
		ok = r.discard()
	} else {
		ok = r.form(c)
	}
	r.depth--
	return ok
}

// form reads the form that begins with c.
func (r *Reader) form(c byte) bool {
	switch c {
	case ':':
		return r.keyword()
	case '"':
		return r.str()
	case '{':
		return r.mapForm(r.pos(), "")
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
		return r.fail(r.pos(), fmt.Sprintf("%c closes nothing", c), "")
	case '\'', '@', '^':
		return r.marked(c)
	}
	if classes[c]&word == 0 {
		return r.refuse(c)
	}
	return r.symbol()
}

// discard steps over #_ and the form after it.
func (r *Reader) discard() bool {
	at := r.pos()
	r.at += 2
	if !r.following(at, "#_ has no form after it to discard") {
		return false
	}
	r.stack = r.stack[:len(r.stack)-1]
	return true
}

// following reads the form that must follow what began at the given position.
func (r *Reader) following(at Pos, orElse string) bool {
	for base := len(r.stack); len(r.stack) == base; {
		c, ok := r.skip()
		if !ok || c == ')' || c == ']' || c == '}' {
			return r.fail(at, orElse, "")
		}
		if !r.element(c) {
			return false
		}
	}
	return true
}

// push puts the value v, which begins at the given position, on the stack.
func (r *Reader) push(v Value, at Pos) bool {
	r.stack = append(r.stack, v)
	r.stack[len(r.stack)-1].pos = at
	return true
}

// fail leaves the reason why the text is bad, unless there is one already.
func (r *Reader) fail(at Pos, msg, hint string) bool {
	if r.bad == nil {
		r.bad = &Error{Pos: at, Msg: msg, Hint: hint}
	}
	return false
}
