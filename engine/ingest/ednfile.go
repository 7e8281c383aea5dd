package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// MarkIdent is the attribute of transaction entities that tells which part of
// which file of EDN they came from, so that none is imported twice: tx data
// need not identify its entities.
const MarkIdent = "dhfs.import/part"

// maxTempidBatch is how many batches' worth of datoms may be one transaction that tempids hold together.
const maxTempidBatch = 10

// ednFile is a file of tx data.
type ednFile struct {
	o      Options
	in     *input
	forms  int64
	digest string // of the bytes, in hexadecimal
}

// openEDN makes the first pass: it finds what is wrong with the notation.
func openEDN(ctx context.Context, in *input, o Options) (plan, error) {
	for _, given := range []struct {
		option string
		used   bool
	}{{"as", o.Kind != ""}, {"key", len(o.Keys) > 0}, {"ref", len(o.Refs) > 0}, {"type", len(o.Types) > 0}} {
		if given.used {
			return nil, &Error{Path: in.name, Msg: fmt.Sprintf("--%s is not for tx data, which names its attributes itself", given.option), Hint: "leave it out"}
		}
	}
	src, err := in.pass()
	if err != nil {
		return nil, err
	}
	src, tagged, err := plainDataScript(src)
	if err != nil {
		return nil, in.explain(err)
	}
	if tagged || beginsWithDataScript(edn.NewReader(src)) {
		return asPlan(openDataScript(ctx, in, o, edn.NewReader))
	}
	if src, err = in.pass(); err != nil {
		return nil, err
	}
	if beginsWithDatoms(src) {
		return asPlan(openDatoms(ctx, in, ednDatoms{}))
	}
	if src, err = in.pass(); err != nil {
		return nil, err
	}
	f := &ednFile{o: o, in: in}
	hash := sha256.New()
	r := newForms(in, io.TeeReader(src, hash), o.Batch)
	for {
		b, err := r.next(ctx)
		f.forms += int64(b.Rows)
		if err == io.EOF {
			f.digest = hex.EncodeToString(hash.Sum(nil))
			return f, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (f *ednFile) schema() []edn.Value {
	if s := f.o.Schema; s != nil {
		if _, ok := s.ByIdent(MarkIdent); ok {
			return nil
		}
	}
	pairs := attributePairs(MarkIdent, engine.StringKind, "db.cardinality/one")
	pairs = append(pairs, edn.MakeKeyword("db/unique"), edn.MakeKeyword("db.unique/value"),
		edn.MakeKeyword("db/doc"), edn.MakeString("The file of EDN that a transaction was imported from, by its sha-256, and which of its transactions it was"))
	return []edn.Value{edn.MakeMap(pairs...)}
}

func (f *ednFile) report() Report { return Report{Format: EDN, Forms: f.forms} }

func (f *ednFile) batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		src, err := f.in.pass()
		if err != nil {
			yield(Batch{}, err)
			return
		}
		r := newForms(f.in, src, f.o.Batch)
		for n := 1; ; n++ {
			b, err := r.next(ctx)
			if err == io.EOF {
				return
			}
			b.Mark = fmt.Sprintf("%s/%d", f.digest, n)
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// asPlan keeps a plan that failed from being one.
func asPlan(f *datomFile, err error) (plan, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}
