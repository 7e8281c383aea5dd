package engine

import "github.com/dhfs/dhfs/cas/dagcbor"

// Bits of an attribute's flags in the snapshot.
const (
	flagMany = 1 << iota
	flagComponent
	flagNoHistory
	flagIndex
	flagsEnd
)

// attributeItems is how many items an attribute has in the snapshot (FORMAT.md, "Attribute").
const attributeItems = 9

// appendAttribute writes what the snapshot's attribute table says of an attribute, but for its id.
func appendAttribute(dst []byte, a *Attribute) []byte {
	dst = dagcbor.AppendArray(dst, attributeItems)
	dst = dagcbor.AppendText(dst, a.Ident)
	dst = dagcbor.AppendUint(dst, uint64(a.Type))
	dst = dagcbor.AppendUint(dst, a.flags())
	dst = dagcbor.AppendUint(dst, uint64(a.Unique))
	dst = dagcbor.AppendText(dst, a.Doc)
	dst = dagcbor.AppendUint(dst, uint64(a.MaxLength))
	dst = dagcbor.AppendArray(dst, len(a.TupleAttrs))
	for _, id := range a.TupleAttrs {
		dst = dagcbor.AppendUint(dst, uint64(id-dbPart))
	}
	dst = dagcbor.AppendArray(dst, len(a.TupleTypes))
	for _, k := range a.TupleTypes {
		dst = dagcbor.AppendUint(dst, uint64(k))
	}
	return dagcbor.AppendUint(dst, uint64(a.TupleType))
}

func (a *Attribute) flags() uint64 {
	return bit(a.Many, flagMany) | bit(a.Component, flagComponent) | bit(a.NoHistory, flagNoHistory) | bit(a.Index, flagIndex)
}

func bit(on bool, b uint64) uint64 {
	if on {
		return b
	}
	return 0
}

// readAttribute reads what appendAttribute wrote and refuses anything else. The id is the caller's to set.
func readAttribute(r *dagcbor.Reader) (*Attribute, error) {
	if n := r.Array(); n != attributeItems && r.Err() == nil {
		r.Fail("an attribute is not of nine items")
	}
	a := &Attribute{Ident: r.Text(), Type: readKind(r)}
	flags := readBelow(r, flagsEnd, "unknown attribute flags")
	a.Many, a.Component = flags&flagMany != 0, flags&flagComponent != 0
	a.NoHistory, a.Index = flags&flagNoHistory != 0, flags&flagIndex != 0
	a.Unique = Unique(readBelow(r, uint64(UniqueValue)+1, "unknown uniqueness"))
	a.Doc = r.Text()
	a.MaxLength = int(readBelow(r, maxMaxLength+1, "maximal length out of range"))
	for n := r.Array(); n > 0 && r.Err() == nil; n-- {
		a.TupleAttrs = append(a.TupleAttrs, readAttrID(r))
	}
	for n := r.Array(); n > 0 && r.Err() == nil; n-- {
		a.TupleTypes = append(a.TupleTypes, readKind(r))
	}
	a.TupleType = readKind(r)
	return a, r.Err()
}

func readKind(r *dagcbor.Reader) Kind {
	return Kind(readBelow(r, uint64(RefKind)+1, "unknown value type"))
}

// readAttrID reads the id of a user's attribute, kept relative to its partition.
func readAttrID(r *dagcbor.Reader) ID {
	n := readBelow(r, uint64(dbPart), "attribute id out of range")
	if id := dbPart + ID(n); id >= firstAttr {
		return id
	}
	r.Fail("attribute id out of range")
	return firstAttr
}

func readBelow(r *dagcbor.Reader, limit uint64, msg string) uint64 {
	n := r.Uint()
	if n >= limit {
		r.Fail(msg)
		return 0
	}
	return n
}
