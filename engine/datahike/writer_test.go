package datahike

import (
	"github.com/dhfs/dhfs/engine/datahike/datahiketest"
	"github.com/dhfs/dhfs/engine/fressian"
)

// writer lays out stores as Datahike does, for what no real one here is.
type writer struct{ *datahiketest.Writer }

func newWriter() *writer { return &writer{datahiketest.New(FileName, CompareDatoms)} }

func kw(s string) fressian.Keyword { return datahiketest.KW(s) }

func tagged(tag string, m fressian.Map) fressian.Tagged { return datahiketest.Tagged(tag, m) }

func (d Datom) fressian() fressian.Tagged { return datahiketest.Datom(d).Fressian() }

// commit writes a commit with the datoms that hold, and makes it the head of a branch.
func (w *writer) commit(branch string, maxTx int64, parents fressian.Set, now, was []Datom, schema fressian.Map, config ...any) fressian.UUID {
	like := func(list []Datom) (out []datahiketest.Datom) {
		for _, d := range list {
			out = append(out, datahiketest.Datom(d))
		}
		return out
	}
	return w.Commit(branch, maxTx, parents, like(now), like(was), schema, config...)
}
