package ingest

import (
	"bufio"
	"cmp"
	"container/heap"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// sorter puts datoms in the order of their transactions, and those of one in the order in which they came. It holds a run of them; others lie in
// temporary files, and are merged.
type sorter struct {
	held []datom
	runs []*os.File
}

// maxRun is how many datoms are held.
var maxRun = 1 << 17

func (s *sorter) add(d datom) error {
	s.held = append(s.held, d)
	if len(s.held) < maxRun || runtime.GOOS == "js" { // which has no files
		return nil
	}
	return s.spill()
}

func (s *sorter) sort() {
	slices.SortStableFunc(s.held, func(x, y datom) int { return cmp.Compare(x.tx, y.tx) })
}

// spill writes the datoms that are held to a file: [e a v tx gone line column] each.
func (s *sorter) spill() error {
	s.sort()
	file, err := os.CreateTemp("", "dhfs-import-*")
	if err != nil {
		return err
	}
	s.runs = append(s.runs, file)
	w := bufio.NewWriterSize(file, 1<<16)
	var line []byte
	for _, d := range s.held {
		line = edn.Append(line[:0], edn.MakeVector(edn.MakeInt(d.e), d.a, d.v, edn.MakeInt(d.tx), edn.MakeBool(d.gone), edn.MakeInt(int64(d.at.Line)), edn.MakeInt(int64(d.at.Col))))
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	s.held = s.held[:0]
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}

// remove removes the files.
func (s *sorter) remove() {
	for _, f := range s.runs {
		f.Close()
		os.Remove(f.Name())
	}
}

// each calls put with all datoms in order.
func (s *sorter) each(put func(datom) error) error {
	s.sort()
	var m merge
	for n, f := range s.runs {
		r := &run{n: n, r: edn.NewReader(bufio.NewReaderSize(f, 1<<16))}
		if err := r.next(); err != nil {
			return err
		}
		m = append(m, r)
	}
	if len(s.held) > 0 {
		m = append(m, &run{n: len(s.runs), d: s.held[0], rest: s.held[1:]})
	}
	heap.Init(&m)
	for len(m) > 0 {
		r := m[0]
		if err := put(r.d); err != nil {
			return err
		}
		switch err := r.next(); {
		case err == io.EOF:
			heap.Pop(&m)
		case err != nil:
			return err
		default:
			heap.Fix(&m, 0)
		}
	}
	return nil
}

// run is datoms in order: the next one, and where the others are.
type run struct {
	n    int // earlier runs have what came earlier
	d    datom
	r    *edn.Reader // nil: in rest
	rest []datom
}

func (r *run) next() error {
	if r.r == nil {
		if len(r.rest) == 0 {
			return io.EOF
		}
		r.d, r.rest = r.rest[0], r.rest[1:]
		return nil
	}
	v, err := r.r.Next()
	if err != nil {
		return err
	}
	x := v.Items()
	if len(x) != 7 {
		return errors.New("a temporary file of the import was changed")
	}
	r.d = datom{e: x[0].Int(), a: x[1], v: x[2], tx: x[3].Int(), gone: x[4].Bool()}
	r.d.at.Line, r.d.at.Col = int32(x[5].Int()), int32(x[6].Int())
	return nil
}

// merge has the run in front whose next datom comes first.
type merge []*run

func (m merge) Len() int { return len(m) }
func (m merge) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(m[i].d.tx, m[j].d.tx), cmp.Compare(m[i].n, m[j].n)) < 0
}
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)   { *m = append(*m, x.(*run)) }
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
