package ingest

import (
	"cmp"
	"context"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// datomFile is a file of datoms, [e a v t added], in any order, or of transactions around them: {:t 8 :data [datom …]} as in a log of Datomic,
// {:tx-data [datom …]} as in a report of Datahike; or what DataScript keeps of a database. Each transaction is made again, with the ids of entities; attributes are
// declared in the order of their numbers, and transactions are numbered from the first on. No more of it is held than what it says of
// attributes and idents, a number for each transaction, and a transaction at a time.
type datomFile struct {
	in    *input
	form  datomForm
	count int64
	idents
	attrs  map[int64]string     // idents of attributes by their entity
	types  map[string]string    // of values, by ident
	made   map[string]bool      // idents of tuples that are made of other attributes
	first  map[int64]bool       // whether a transaction says something that is not left out
	txs    map[int64]edn.Value  // transactions by their numbers, as their entities are called afterwards
	own    map[int64]edn.Value  // the same by the entities that they have in the file
	sorted bool                 // transactions follow one another
	given  []edn.Value          // attributes that are declared beside the datoms
	shape  func(d *datom) error // of values, in the words of dhfs; nil: as they are
}

// datom is a datom of a file.
type datom struct {
	e    int64
	a, v edn.Value // a is a keyword, or the number of an entity that has one as its :db/ident
	tx   int64
	gone bool
	at   edn.Pos
}

// datomForm is how datoms stand in a file.
type datomForm interface {
	// each calls f with all datoms of the file. An error of f ends it.
	each(ctx context.Context, in *input, f func(datom) error) error
}

// isDatom tells datoms from tx data, whose vectors begin with a keyword or another form.
func isDatom(v edn.Value) bool {
	d := v.Items()
	return v.Kind() == edn.Vector && (len(d) == 4 || len(d) == 5 && d[4].Kind() == edn.Bool) &&
		d[0].Kind() == edn.Int && (d[1].Kind() == edn.Keyword || d[1].Kind() == edn.Int) && d[3].Kind() == edn.Int
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
			return eachDatom(v, func(datom) error { return nil }) == nil
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

// openDatoms makes the first passes: they find what is wrong, and which entities are attributes and which are transactions.
func openDatoms(ctx context.Context, in *input, form datomForm) (*datomFile, error) {
	f := &datomFile{
		in: in, form: form, attrs: map[int64]string{}, types: map[string]string{}, made: map[string]bool{},
		first: map[int64]bool{}, txs: map[int64]edn.Value{}, own: map[int64]edn.Value{}, sorted: true,
	}
	in.passes = max(in.passes, 3)
	numbers, err := f.name(ctx)
	if err == nil && numbers && f.number != numberOfIdent { // the file has a number of its own for :db/ident
		_, err = f.name(ctx)
	}
	if err != nil {
		return nil, err
	}
	return f, f.learn(ctx)
}

// defining are the attributes that make an entity an attribute.
var defining = []string{":db/valueType", ":db/cardinality", ":db/unique", ":db/isComponent", ":db/noHistory", ":db/index", ":db/tupleAttrs", ":db/tupleTypes", ":db/tupleType", ":db/maxLength"}

// learn finds out which entities are attributes and which are transactions.
func (f *datomFile) learn(ctx context.Context) error {
	defined, last := map[int64]bool{}, int64(-1)
	types, made := map[int64]string{}, map[int64]bool{}
	err := f.form.each(ctx, f.in, func(d datom) error {
		if err := f.resolve(&d); err != nil {
			return err
		}
		f.count++
		f.sorted = f.sorted && d.tx >= last
		last = d.tx
		left := f.leaves(&d)
		if said, known := f.first[d.tx]; !known || !said {
			f.first[d.tx] = !left && !d.a.Is(":db/txInstant")
		}
		if left {
			f.leftOut(&d)
			return nil
		}
		switch {
		case slices.ContainsFunc(defining, d.a.Is):
			defined[d.e] = true
			if d.a.Is(":db/valueType") && !d.gone {
				types[d.e] = d.v.Text()
			}
			made[d.e] = made[d.e] || d.a.Is(":db/tupleAttrs")
		}
		return nil
	})
	if err != nil {
		return f.in.explain(err)
	}
	for e, ident := range f.names {
		if !defined[e] {
			continue
		}
		f.attrs[e] = ident
		if types[e] != "" {
			f.types[ident] = types[e]
		}
		if made[e] {
			f.made[ident] = true
		}
	}
	f.numberTransactions()
	return nil
}

// leftOut notes that a transaction says something that is left out: if that is all, it is no transaction.
func (f *datomFile) leftOut(d *datom) {
	if f.skips == nil {
		f.skips, f.unknown = map[int64]bool{}, map[string]int{}
	}
	f.skips[d.tx] = true
	a := d.a.Text()
	if systemSchema[a] || isDatomics(f.names[d.e]) || strings.HasPrefix(a, "db.install/") || strings.HasPrefix(a, "db.alter/") {
		return // what every database of Datomic says of itself
	}
	f.unknown[a]++
}

// numberTransactions numbers transactions from 1 on. One that only makes what every database has is none.
func (f *datomFile) numberTransactions() {
	var all []int64
	for tx, said := range f.first {
		if said || !f.skips[tx] {
			all = append(all, tx)
		}
	}
	slices.Sort(all)
	for i, tx := range all {
		f.txs[tx] = edn.MakeInt(int64(engine.TxID(uint64(i + 1))))
	}
	for _, tx := range all {
		if tx >= smallestTx {
			f.own[tx] = f.txs[tx]
		}
		if tx >= 0 && tx < 1<<42 {
			f.own[int64(engine.TxID(uint64(tx)))] = f.txs[tx]
		}
	}
}

// smallestTx is the smallest number of a transaction that is its entity, too: that of Datahike's and DataScript's first one. Smaller ones only count.
const smallestTx = 1 << 29

func (f *datomFile) schema() []edn.Value { return f.given }

func (f *datomFile) report() Report {
	r := Report{Format: EDN, Forms: f.count}
	n := 0
	for _, times := range f.unknown {
		n += times
	}
	if n > 0 {
		r.note("%s left out whose attributes are the system's and not known here: :%s", counted(int64(n), "datom"), strings.Join(slices.Sorted(maps.Keys(f.unknown)), ", :"))
	}
	return r
}

func (f *datomFile) batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		declared, left := map[int64]bool{}, 0
		for tx := range f.first {
			if _, ok := f.txs[tx]; ok {
				left++
			}
		}
		for group, err := range f.transactions(ctx) {
			if err != nil {
				yield(Batch{}, f.in.explain(err))
				return
			}
			if _, ok := f.txs[group[0].tx]; !ok {
				continue
			}
			left--
			forms := f.forms(group, group[0].tx, declared)
			if !yield(Batch{Forms: forms, Rows: len(group), Datoms: len(forms), Whole: true, Last: left == 0}, ctx.Err()) || ctx.Err() != nil {
				return
			}
		}
	}
}

// transactions yields the datoms of one transaction after another.
func (f *datomFile) transactions(ctx context.Context) iter.Seq2[[]datom, error] {
	return func(yield func([]datom, error) bool) {
		var group []datom
		err := f.inOrder(ctx, func(d datom) error {
			if len(group) > 0 && group[0].tx != d.tx {
				if !yield(group, nil) {
					return errEnough
				}
				group = nil
			}
			group = append(group, d)
			return nil
		})
		switch {
		case err == errEnough:
		case err != nil:
			yield(nil, err)
		case len(group) > 0:
			yield(group, nil)
		}
	}
}

// inOrder calls put with all datoms by transaction, and within one in the order of the file.
func (f *datomFile) inOrder(ctx context.Context, put func(datom) error) error {
	each := func(put func(datom) error) error {
		return f.form.each(ctx, f.in, func(d datom) error {
			if err := f.resolve(&d); err != nil {
				return err
			}
			if f.leaves(&d) {
				return nil
			}
			return put(d)
		})
	}
	if f.sorted {
		return each(put)
	}
	s := &sorter{}
	defer s.remove()
	if err := each(s.add); err != nil {
		return err
	}
	return s.each(put)
}

// forms are the datoms of a transaction as tx data: new attributes first, a map each.
func (f *datomFile) forms(datoms []datom, tx int64, declared map[int64]bool) (forms []edn.Value) {
	fresh := map[int64][]edn.Value{}
	var order []int64
	var rest []edn.Value
	for _, d := range datoms {
		_, isAttr := f.attrs[d.e]
		switch {
		case isAttr && !declared[d.e]:
			if fresh[d.e] == nil {
				order = append(order, d.e)
			}
			fresh[d.e] = append(fresh[d.e], d.a, d.v)
		case !f.made[d.a.Text()]:
			op := "db/add"
			if d.gone {
				op = "db/retract"
			}
			rest = append(rest, edn.MakeVector(edn.MakeKeyword(op), f.entity(d.e, tx), d.a, f.value(d.a, d.v, tx)).At(d.at))
		}
	}
	slices.SortFunc(order, cmp.Compare[int64])
	for _, e := range order {
		declared[e] = true
		forms = append(forms, edn.MakeMap(fresh[e]...))
	}
	return append(forms, rest...)
}

// entity is an entity as tx data names it.
func (f *datomFile) entity(e, tx int64) edn.Value {
	own, isTx := f.own[e]
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
	if v.Kind() == edn.Int && strings.HasSuffix(f.types[a.Text()], "/ref") {
		return f.entity(v.Int(), tx)
	}
	return v
}
