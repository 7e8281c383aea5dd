package fn

import (
	"errors"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// What functions make is bounded: a rule that calls itself can double a text or a vector in every round, and
// nothing could stop a single call that works on what comes of it.
const (
	maxText  = 16 << 20 // bytes of one text
	maxValue = 32 << 20 // bytes of one value, about, when written
	maxNest  = edn.MaxDepth
)

var (
	errText  = errors.New("the result would be a text of more than 16 MB")
	errValue = errors.New("the result is too large a value: more than 32 MB when written")
	errNest  = errors.New("the result nests deeper than can be read")
)

// Check refuses a value that is too large or too deep.
func (e *Env) Check(v edn.Value) error {
	room := maxValue
	return e.measure(v, &room, 0)
}

// measure takes the size of a value from the room that there is. Parts may be shared, so
// that a value can be much larger than the memory that it takes: it ends as soon as there is no room.
func (e *Env) measure(v edn.Value, room *int, depth int) error {
	switch v.Kind() {
	case edn.String:
		if len(v.Text()) > maxText {
			return errText
		}
		*room -= len(v.Text())
	case edn.List, edn.Vector, edn.Set, edn.Map, edn.Tagged:
		if depth == maxNest {
			return errNest
		}
		for _, item := range v.Items() {
			if err := e.measure(item, room, depth+1); err != nil {
				return err
			}
		}
	}
	if *room -= 8; *room < 0 {
		return errValue
	}
	return e.step()
}

// checkText refuses what is too long while it is written.
func checkText(out []byte) error {
	if len(out) > maxText {
		return errText
	}
	return nil
}

// replaced refuses what would be too long before it is made: s, in which so many places give way to with, and
// each $ in it to a part of s.
func replaced(s, with string, places int) error {
	if int64(len(s))*int64(1+strings.Count(with, "$"))+int64(places)*int64(len(with)) > maxText {
		return errText
	}
	return nil
}
