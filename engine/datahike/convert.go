package datahike

import (
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/fressian"
)

// converter makes tx data of transactions, in the words of one commit's schema.
type converter struct {
	schema *Schema
	attrs  map[int64]string // the attributes that were declared so far, by their entity
	last   int64            // ms of the newest transaction
	at     int64            // ms of the commit, for transactions that do not tell their time
	left   int64            // datoms that hold in the store and are not counted: no counterpart, or the time of a transaction
	maxTx  int64
	notes  *notes
}

// definesAttribute lists what makes an entity an attribute.
var definesAttribute = map[string]bool{
	"db/valueType": true, "db/cardinality": true, "db/unique": true, "db/isComponent": true, "db/noHistory": true,
	"db/index": true, "db/tupleAttrs": true, "db/tupleTypes": true, "db/tupleType": true,
}

// namesIdents lists the attributes whose values are idents: with :attribute-refs? they are numbers.
var namesIdents = map[string]bool{
	"db/valueType": true, "db/cardinality": true, "db/unique": true, "db/tupleAttrs": true, "db/tupleTypes": true, "db/tupleType": true,
}

// systemAttrs are the attributes in namespaces of the system that dhfs has.
var systemAttrs = map[string]bool{
	"db/ident": true, "db/doc": true, "db/txInstant": true, "db.entity/attrs": true, "db.entity/preds": true, "db/maxLength": true,
}

// isForeign tells of attributes of the system that dhfs does not have.
func isForeign(ident string) bool {
	return isSystem(ident) && !systemAttrs[ident] && !definesAttribute[ident]
}

// said is a datom with the name of its attribute, as it is to be said to dhfs.
type said struct {
	Datom
	ident string
	value edn.Value
}

// say is a datom in the words of dhfs; ok is false where it has no counterpart.
func (c *converter) say(d Datom) (s said, ok bool, err error) {
	if d.Tx <= FirstTx { // the system's own, with :attribute-refs?
		return s, false, nil
	}
	s = said{Datom: d}
	if s.ident, err = c.schema.ident(d.A); err != nil {
		return s, false, fmt.Errorf("datom %s: %w", d.EDN(), err)
	}
	if isForeign(s.ident) {
		c.notes.add("attribute :" + s.ident + " is Datahike's own and is left out")
		return s, false, nil
	}
	if s.ident == "db/valueType" && !knownType(c.nameOf(d.V)) {
		return s, false, nil
	}
	if s.value, err = c.value(s.ident, d.V); err != nil {
		return s, false, fmt.Errorf("datom %s: %w", d.EDN(), err)
	}
	return s, true, nil
}

// knownType tells whether dhfs has a value type.
func knownType(ident string) bool {
	_, ok := kindOf(ident)
	return ok
}

// kindOf is the value type of dhfs with an ident.
func kindOf(ident string) (engine.Kind, bool) {
	_, name := splitName(ident)
	for k := engine.BoolKind; k <= engine.RefKind; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return engine.NilKind, false
}

// nameOf is a keyword, or what the number of one stands for.
func (c *converter) nameOf(v any) string {
	switch v := v.(type) {
	case fressian.Keyword:
		return string(v)
	case int64:
		return c.schema.idents[v]
	}
	return ""
}

// value is the value of an attribute.
func (c *converter) value(ident string, v any) (edn.Value, error) {
	if namesIdents[ident] {
		return c.idents(v), nil
	}
	if n, ok := v.(int64); ok && c.schema.valueType(ident) == "ref" {
		return c.entity(n, 0), nil
	}
	switch v := v.(type) {
	case fressian.Map, fressian.Set:
		c.notes.add("attribute :" + ident + " has maps or sets for values: they are kept as text of EDN")
		return edn.MakeString(sorted(ToEDN(v)).String()), nil
	case fressian.Tagged:
		if v.Tag == "uri" && len(v.Items) == 1 {
			return ToEDN(v), nil
		}
		return edn.Value{}, fmt.Errorf("a value of type %s, which dhfs does not have", v.Tag)
	case fressian.Char:
		c.notes.add("attribute :" + ident + " has characters for values: they are kept as strings")
		return edn.MakeString(string(rune(v))), nil
	}
	return ToEDN(v), nil
}

func (c *converter) idents(v any) edn.Value {
	if l, ok := v.(fressian.List); ok {
		items := make([]edn.Value, len(l))
		for i, x := range l {
			items[i] = c.idents(x)
		}
		return edn.MakeVector(items...)
	}
	if name := c.nameOf(v); name != "" {
		return edn.MakeKeyword(name)
	}
	return ToEDN(v)
}

// entity is an entity in tx data of transaction tx: a transaction has another number, an attribute its name.
func (c *converter) entity(e, tx int64) edn.Value {
	switch {
	case e == tx:
		return edn.MakeString("datomic.tx")
	case e > FirstTx && e <= c.maxTx:
		return edn.MakeInt(int64(engine.TxID(uint64(e - FirstTx))))
	}
	if ident, ok := c.attrs[e]; ok {
		return edn.MakeKeyword(ident)
	}
	return edn.MakeInt(e)
}

// forms is a transaction as tx data.
func (c *converter) forms(t Transaction) ([]edn.Value, error) {
	var list []said
	for _, d := range t.Datoms {
		s, ok, err := c.say(d)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, s)
		}
		if c.uncounted(s, ok) {
			if d.Added {
				c.left++
			} else {
				c.left--
			}
		}
	}
	forms := c.declarations(&list)
	timed := false
	for _, s := range list {
		if s.E == t.Tx && s.ident == "db/txInstant" {
			timed = true
			forms = append(forms, c.instant(s))
			continue
		}
		if c.schema.composite(s.ident) {
			continue // made of its parts
		}
		forms = append(forms, c.form(s, t.Tx))
	}
	if !timed {
		c.last = max(c.last+1, c.at)
		forms = append(forms, timeOf(c.last))
	}
	return forms, nil
}

// uncounted tells whether a datom is none of those that are counted in both.
func (c *converter) uncounted(s said, ok bool) bool { return !ok || s.ident == "db/txInstant" }

func timeOf(ms int64) edn.Value {
	return edn.MakeVector(edn.MakeKeyword("db/add"), edn.MakeString("datomic.tx"), edn.MakeKeyword("db/txInstant"), edn.MakeInst(ms))
}

// instant is the time of the transaction, which has to come after the one before.
func (c *converter) instant(s said) edn.Value {
	ms := s.value.Millis()
	if ms <= c.last {
		ms = c.last + 1
		c.notes.add("times that do not rise from one transaction to the next are moved on, by milliseconds")
	}
	c.last = ms
	return timeOf(ms)
}

func (c *converter) form(s said, tx int64) edn.Value {
	op := "db/retract"
	if s.Added {
		op = "db/add"
	}
	value := s.value
	if n, ok := s.V.(int64); ok && n == tx && c.schema.valueType(s.ident) == "ref" {
		value = c.entity(n, tx)
	}
	return edn.MakeVector(edn.MakeKeyword(op), c.entity(s.E, tx), edn.MakeKeyword(s.ident), value)
}
