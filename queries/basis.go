package queries

import (
	"errors"
	"math"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/ipfs/go-cid"
)

// Basis is all that an answer depends on: whoever has the commits gets the same answer again. It is written as an EDN map:
//
//	{:cid "bafkrei…"                    of the text, as a block of raw bytes
//	 :sources {$ {:database "shop" :commit "bafyrei…" :t 3 :at #inst "…" :history true :since 2}}
//	 :query "[:find …]"
//	 :args [35] :limit 10               only where there are any
//	 :warnings ["…"]}                   not part of what is asked
type Basis struct {
	Query    string // the text
	Sources  []BasisSource
	Args     []edn.Value // for :in, besides those in the text
	Limit    int         // rows that were printed, 0 for all
	Warnings []string
}

// BasisSource is a database that a query was run on.
type BasisSource struct {
	Name     string // "$hr"
	Database string // what the database was called where the query was run
	Commit   cid.Cid
	T        uint64    // of the commit
	At       time.Time // of the commit
	History  bool
	Since    uint64 // only what came after this t; 0 for all
}

// Of is the database as the query saw it; db is that of the commit.
func (s BasisSource) Of(db engine.DB) engine.DB {
	db = db.Since(s.Since)
	if s.History {
		return db.History()
	}
	return db
}

// basisWidth is how many columns the text of a basis should fit into.
const basisWidth = 100

// Text is the basis as EDN, and a newline.
func (b *Basis) Text() []byte {
	var sources []edn.Value
	for _, s := range b.Sources {
		sources = append(sources, edn.MakeSymbol(s.Name), s.form())
	}
	pairs := []edn.Value{
		edn.MakeKeyword("cid"), edn.MakeString(queryCID(b.Query).String()),
		edn.MakeKeyword("sources"), edn.MakeMap(sources...),
		edn.MakeKeyword("query"), edn.MakeString(b.Query),
	}
	if len(b.Args) > 0 {
		pairs = append(pairs, edn.MakeKeyword("args"), edn.MakeVector(b.Args...))
	}
	if b.Limit > 0 {
		pairs = append(pairs, edn.MakeKeyword("limit"), edn.MakeInt(int64(b.Limit)))
	}
	if len(b.Warnings) > 0 {
		var lines []edn.Value
		for _, w := range b.Warnings {
			lines = append(lines, edn.MakeString(w))
		}
		pairs = append(pairs, edn.MakeKeyword("warnings"), edn.MakeVector(lines...))
	}
	return append(edn.AppendPretty(nil, edn.MakeMap(pairs...), basisWidth), '\n')
}

func (s BasisSource) form() edn.Value {
	pairs := []edn.Value{
		edn.MakeKeyword("database"), edn.MakeString(s.Database),
		edn.MakeKeyword("commit"), edn.MakeString(s.Commit.String()),
		edn.MakeKeyword("t"), edn.MakeInt(int64(s.T)),
		edn.MakeKeyword("at"), edn.MakeInst(s.At.UnixMilli()),
	}
	if s.History {
		pairs = append(pairs, edn.MakeKeyword("history"), edn.MakeBool(true))
	}
	if s.Since > 0 {
		pairs = append(pairs, edn.MakeKeyword("since"), edn.MakeInt(int64(s.Since)))
	}
	return edn.MakeMap(pairs...)
}

// queryCID names the text of a query.
func queryCID(text string) cid.Cid { return cas.NewBlock(cas.Raw, []byte(text)).CID() }

// ParseBasis reads what Basis.Text wrote. The error is an *Error of code "query/basis" with the place where the text is none.
func ParseBasis(text string) (*Basis, error) {
	form, err := edn.Parse(text)
	var syntax *edn.Error
	if errors.As(err, &syntax) {
		return nil, public(notBasis(syntax.Pos, "%s", syntax.Msg))
	}
	if err != nil {
		return nil, err
	}
	b, err := readBasis(form)
	return b, public(err)
}

// notBasis is the refusal of a text that is no basis.
func notBasis(at edn.Pos, format string, args ...any) error {
	return lang.Refuse(lang.NoBasis, at, "not a basis: "+format, args...).
		Try("a basis is what NAME.basis in query/ shows and what dhfs query --write-basis writes")
}

func readBasis(form edn.Value) (*Basis, error) {
	parts := parts{of: form}
	b := &Basis{
		Query: parts.get("query", edn.String, true).Text(),
		Args:  parts.get("args", edn.Vector, false).Items(),
		Limit: int(parts.number("limit", math.MaxInt32, false)),
	}
	for _, w := range parts.get("warnings", edn.Vector, false).Items() {
		b.Warnings = append(b.Warnings, w.Text())
	}
	stated := parts.get("cid", edn.String, true)
	sources := parts.get("sources", edn.Map, true).Items()
	if parts.err != nil {
		return nil, parts.err
	}
	if is := queryCID(b.Query).String(); stated.Text() != is {
		return nil, notBasis(stated.Pos(), "the query was changed: its CID is %s, and :cid says %s", is, stated.Text())
	}
	for ; len(sources) > 1; sources = sources[2:] {
		s, err := readBasisSource(sources[0], sources[1])
		if err != nil {
			return nil, err
		}
		b.Sources = append(b.Sources, s)
	}
	return b, nil
}

func readBasisSource(name, form edn.Value) (BasisSource, error) {
	if name.Kind() != edn.Symbol {
		return BasisSource{}, notBasis(name.Pos(), "%v is no name of a source", name)
	}
	parts := parts{of: form}
	commit := parts.get("commit", edn.String, true)
	s := BasisSource{
		Name:     name.Text(),
		Database: parts.get("database", edn.String, true).Text(),
		T:        uint64(parts.number("t", math.MaxInt64, true)),
		At:       time.UnixMilli(parts.get("at", edn.Inst, true).Millis()).UTC(),
		History:  parts.get("history", edn.Bool, false).Bool(),
		Since:    uint64(parts.number("since", math.MaxInt64, false)),
	}
	if parts.err != nil {
		return s, parts.err
	}
	var err error
	if s.Commit, err = cid.Decode(commit.Text()); err != nil {
		return s, notBasis(commit.Pos(), "%q is no commit: %v", commit.Text(), err)
	}
	return s, nil
}

// parts are the entries of a map of a basis, and the first that is not as it should be.
type parts struct {
	of  edn.Value
	err error
}

// get is the value under :name; nil where there is none.
func (p *parts) get(name string, kind edn.Kind, needed bool) edn.Value {
	if p.err != nil {
		return edn.MakeNil()
	}
	if p.of.Kind() != edn.Map {
		p.err = notBasis(p.of.Pos(), "want a map, not a %v", p.of.Kind())
		return edn.MakeNil()
	}
	for pairs := p.of.Items(); len(pairs) > 1; pairs = pairs[2:] {
		if !pairs[0].Is(":" + name) {
			continue
		}
		if pairs[1].Kind() != kind {
			p.err = notBasis(pairs[1].Pos(), ":%s wants a %v, not a %v", name, kind, pairs[1].Kind())
			return edn.MakeNil()
		}
		return pairs[1]
	}
	if needed {
		p.err = notBasis(p.of.Pos(), ":%s is missing", name)
	}
	return edn.MakeNil()
}

// number is a count below most.
func (p *parts) number(name string, most int64, needed bool) int64 {
	v := p.get(name, edn.Int, needed)
	if v.Kind() == edn.Int && (v.Int() < 0 || v.Int() > most) {
		p.err = notBasis(v.Pos(), ":%s is %d", name, v.Int())
	}
	return v.Int()
}
