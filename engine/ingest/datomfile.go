package ingest

import (
	"cmp"
	"context"
	"io"
	"iter"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// datomFile is a file of datoms, [e a v t added], in any order, or of transactions around them: {:t 8 :data [datom …]} as in a log of Datomic,
// {:tx-data [datom …]} as in a report of Datahike. Each transaction is made again, with the ids of entities; attributes are
// declared in the order of their numbers, and transactions are numbered from the first on.
type datomFile struct {
	in     *input
	datoms []edn.Value
	attrs  map[int64]string    // idents of attributes by their entity
	types  map[string]string   // of values, by ident
	made   map[string]bool     // idents of tuples that are made of other attributes
	txs    map[int64]edn.Value // entities of transactions, as they are called afterwards
}

// isDatom tells datoms from tx data, whose vectors begin with a keyword or another form.
func isDatom(v edn.Value) bool {
	d := v.Items()
	return v.Kind() == edn.Vector && (len(d) == 4 || len(d) == 5 && d[4].Kind() == edn.Bool) &&
		d[0].Kind() == edn.Int && (d[1].Kind() == edn.Keyword || d[1].Kind() == edn.Int) && d[3].Kind() == edn.Int
}

// datomsIn are the datoms that a form of a file of datoms has.
func datomsIn(v edn.Value) (list []edn.Value, ok bool) {
	switch {
	case isDatom(v):
		return []edn.Value{v}, true
	case v.Kind() == edn.Vector || v.Kind() == edn.Set:
		list = v.Items()
	case v.Kind() == edn.Map:
		for i := 0; i+1 < len(v.Items()); i += 2 {
			if k := v.Items()[i]; k.Is(":data") || k.Is(":tx-data") {
				list = v.Items()[i+1].Items()
			}
		}
	}
	var all []edn.Value
	for _, item := range list {
		inner, ok := datomsIn(item)
		if !ok {
			return nil, false
		}
		all = append(all, inner...)
	}
	return all, len(all) > 0
}

// aroundDatoms are the keys that a map may have before its datoms.
var aroundDatoms = []string{":t", ":max-tx", ":tempids", ":tx-meta"}

// beginsWithDatoms tells whether a file is one of datoms, from the first of them: a file of tx data may be one form that is long.
func beginsWithDatoms(src io.Reader) bool {
	r := edn.NewReader(src)
	for depth := range 4 {
		if in, err := r.Enter(edn.Map); err != nil || in && !atDatoms(r) {
			return false
		}
		in, err := r.Enter(edn.Vector)
		if err != nil {
			return false
		}
		if in {
			continue
		}
		v, err := r.Next()
		if err == nil && v.Kind() == edn.Set { // no tx data is one
			_, ok := datomsIn(v)
			return ok
		}
		return err == nil && depth > 0 && v.Kind() == edn.Int
	}
	return false
}

// atDatoms goes on to the datoms of a map.
func atDatoms(r *edn.Reader) bool {
	for {
		key, err := r.Next()
		if err != nil || key.Is(":data") || key.Is(":tx-data") {
			return err == nil
		}
		if !slices.ContainsFunc(aroundDatoms, key.Is) {
			return false
		}
		if _, err := r.Next(); err != nil {
			return false
		}
	}
}

// openDatoms reads all datoms: they may come in any order, so they are held in memory.
func openDatoms(ctx context.Context, in *input) (plan, error) {
	src, err := in.pass()
	if err != nil {
		return nil, err
	}
	f := &datomFile{in: in, attrs: map[int64]string{}, types: map[string]string{}, made: map[string]bool{}, txs: map[int64]edn.Value{}}
	r := edn.NewReader(src)
	for {
		v, err := r.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, in.explain(err)
		}
		list, ok := datomsIn(v)
		if !ok {
			return nil, in.wrong(v.Pos(), "a file of datoms has nothing else", "this is no datom: want [e a v t added]")
		}
		for _, d := range list {
			if d.Items()[1].Kind() == edn.Int {
				return nil, in.wrong(d.Pos(), "write attributes by their idents", "the attribute is a number, and nothing tells which one it is")
			}
			f.datoms = append(f.datoms, d)
		}
	}
	slices.SortStableFunc(f.datoms, func(x, y edn.Value) int { return cmp.Compare(x.Items()[3].Int(), y.Items()[3].Int()) })
	f.learn()
	return f, nil
}

// defining are the attributes that make an entity an attribute.
var defining = []string{":db/valueType", ":db/cardinality", ":db/unique", ":db/isComponent", ":db/noHistory", ":db/index", ":db/tupleAttrs", ":db/tupleTypes", ":db/tupleType", ":db/maxLength"}

// learn finds out which entities are attributes and which are transactions.
func (f *datomFile) learn() {
	idents, defined := map[int64]string{}, map[int64]bool{}
	t, last := uint64(0), int64(-1)
	for _, d := range f.datoms {
		e, a, v, tx := d.Items()[0].Int(), d.Items()[1], d.Items()[2], d.Items()[3].Int()
		if tx != last {
			t, last = t+1, tx
			f.txs[tx] = edn.MakeInt(int64(engine.TxID(t)))
			f.txs[int64(engine.TxID(uint64(tx)))] = f.txs[tx]
		}
		if a.Is(":db/ident") && added(d) {
			idents[e] = v.Text()
		}
		defined[e] = defined[e] || slices.ContainsFunc(defining, a.Is)
	}
	for e, ident := range idents {
		if defined[e] {
			f.attrs[e] = ident
		}
	}
	for _, d := range f.datoms {
		ident, ok := f.attrs[d.Items()[0].Int()]
		if ok && d.Items()[1].Is(":db/valueType") && added(d) {
			f.types[ident] = d.Items()[2].Text()
		}
		if ok && d.Items()[1].Is(":db/tupleAttrs") {
			f.made[ident] = true
		}
	}
}

func added(d edn.Value) bool { return len(d.Items()) < 5 || d.Items()[4].Bool() }

func (f *datomFile) schema() []edn.Value { return nil }

func (f *datomFile) report() Report { return Report{Format: EDN, Forms: int64(len(f.datoms))} }

func (f *datomFile) batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		declared := map[int64]bool{}
		for at := 0; at < len(f.datoms); {
			tx, end := f.datoms[at].Items()[3].Int(), at
			for end < len(f.datoms) && f.datoms[end].Items()[3].Int() == tx {
				end++
			}
			forms := f.forms(f.datoms[at:end], tx, declared)
			if !yield(Batch{Forms: forms, Rows: end - at, Datoms: len(forms), Whole: true, Last: end == len(f.datoms)}, ctx.Err()) || ctx.Err() != nil {
				return
			}
			at = end
		}
	}
}

// forms are the datoms of a transaction as tx data: new attributes first, a map each.
func (f *datomFile) forms(datoms []edn.Value, tx int64, declared map[int64]bool) (forms []edn.Value) {
	fresh := map[int64][]edn.Value{}
	var order []int64
	var rest []edn.Value
	for _, d := range datoms {
		e, a, v := d.Items()[0].Int(), d.Items()[1], d.Items()[2]
		_, isAttr := f.attrs[e]
		switch {
		case isAttr && !declared[e]:
			if fresh[e] == nil {
				order = append(order, e)
			}
			fresh[e] = append(fresh[e], a, v)
		case !f.made[a.Text()]:
			op := "db/add"
			if !added(d) {
				op = "db/retract"
			}
			rest = append(rest, edn.MakeVector(edn.MakeKeyword(op), f.entity(e, tx), a, f.value(a, v, tx)).At(d.Pos()))
		}
	}
	slices.Sort(order)
	for _, e := range order {
		declared[e] = true
		forms = append(forms, edn.MakeMap(fresh[e]...))
	}
	return append(forms, rest...)
}

// entity is an entity as tx data names it.
func (f *datomFile) entity(e, tx int64) edn.Value {
	own, isTx := f.txs[e]
	switch ident, isAttr := f.attrs[e]; {
	case isTx && own.Int() == f.txs[tx].Int():
		return edn.MakeString("datomic.tx")
	case isTx:
		return own
	case isAttr:
		return edn.MakeKeyword(ident)
	}
	return edn.MakeInt(e)
}

func (f *datomFile) value(a, v edn.Value, tx int64) edn.Value {
	if v.Kind() == edn.Int && f.types[a.Text()] == "db.type/ref" {
		return f.entity(v.Int(), tx)
	}
	return v
}
