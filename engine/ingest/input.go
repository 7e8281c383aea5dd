package ingest

import (
	"errors"
	"fmt"
	"io"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// input is the file, which is read from its beginning in each pass.
type input struct {
	r        io.ReadSeeker
	name     string
	size     int64
	read     int64 // in all passes
	passes   int64 // how many there are
	progress func(read, total int64)
}

func newInput(r io.ReadSeeker, o Options) (*input, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("%s: the file must be readable twice: %w", o.Name, err)
	}
	return &input{r: r, name: o.Name, size: size, passes: 2, progress: o.Progress}, nil
}

// pass begins reading at the beginning.
func (in *input) pass() (io.Reader, error) {
	if _, err := in.r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	return in, nil
}

// Read reads for the pass under way.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	in.read += int64(n)
	if in.progress != nil {
		in.progress(in.read*2/in.passes, 2*in.size)
	}
	return n, err
}

// wrong is an *Error at a place in the file.
func (in *input) wrong(at edn.Pos, hint, format string, args ...any) error {
	return &Error{Path: in.name, Line: int(at.Line), Column: int(at.Col), Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// explain adds the name of the file to what a reader says.
func (in *input) explain(err error) error {
	if err == nil {
		return nil
	}
	if e := new(edn.Error); errors.As(err, &e) {
		return in.wrong(e.Pos, e.Hint, "%s", e.Msg)
	}
	if e := new(engine.TxError); errors.As(err, &e) {
		return in.wrong(e.Pos, e.Hint, "%s (%s)", e.Msg, e.Code)
	}
	if e := new(Error); err == io.EOF || errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}
