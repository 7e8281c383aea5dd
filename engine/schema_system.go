package engine

// firstAttr is the id of the first attribute that a user installs. The ids
// between dbPart and it belong to the system and are the same in every database.
const firstAttr = dbPart + 1000

// The system attributes. Their ids are constants of the format.
const (
	attrIdent ID = dbPart + 1 + iota
	attrValueType
	attrCardinality
	attrUnique
	attrIsComponent
	attrNoHistory
	attrIndex
	attrDoc
	attrMaxLength
	attrTupleAttrs
	attrTupleTypes
	attrTupleType
	attrTxInstant
	attrEnsure
	attrEntityAttrs
	attrEntityPreds
	attrFn
	attrID
)

// systemAttributes holds the attribute with id dbPart+1+i at i.
var systemAttributes = []*Attribute{
	{ID: attrIdent, Ident: "db/ident", Type: KeywordKind, Unique: UniqueIdentity, Doc: "The name of an entity, for attributes and enumerations."},
	{ID: attrValueType, Ident: "db/valueType", Type: KeywordKind, Doc: "The type of an attribute's values."},
	{ID: attrCardinality, Ident: "db/cardinality", Type: KeywordKind, Doc: "Whether an entity has one value or many."},
	{ID: attrUnique, Ident: "db/unique", Type: KeywordKind, Doc: "Whether a value belongs to one entity only."},
	{ID: attrIsComponent, Ident: "db/isComponent", Type: BoolKind, Doc: "Whether the entities referred to are parts."},
	{ID: attrNoHistory, Ident: "db/noHistory", Type: BoolKind, Doc: "Whether only current values are kept."},
	{ID: attrIndex, Ident: "db/index", Type: BoolKind, Doc: "Accepted for compatibility: every attribute is indexed by value."},
	{ID: attrDoc, Ident: "db/doc", Type: StringKind, Doc: "What an entity is for."},
	{ID: attrMaxLength, Ident: "db/maxLength", Type: LongKind, Doc: "How many characters a value may have."},
	{ID: attrTupleAttrs, Ident: "db/tupleAttrs", Type: TupleKind, TupleType: KeywordKind, Doc: "The attributes that a composite tuple is made of."},
	{ID: attrTupleTypes, Ident: "db/tupleTypes", Type: TupleKind, TupleType: KeywordKind, Doc: "The type of each element of a tuple."},
	{ID: attrTupleType, Ident: "db/tupleType", Type: KeywordKind, Doc: "The one type of all elements of a tuple."},
	{ID: attrTxInstant, Ident: "db/txInstant", Type: InstantKind, Doc: "When a transaction was made."},
	{ID: attrEnsure, Ident: "db/ensure", Type: RefKind, Many: true, Doc: "In tx data: the entity specs to be met."},
	{ID: attrEntityAttrs, Ident: "db.entity/attrs", Type: KeywordKind, Many: true, Doc: "The attributes that an entity spec requires."},
	{ID: attrEntityPreds, Ident: "db.entity/preds", Type: SymbolKind, Many: true, Doc: "The predicates that an entity spec requires."},
	{ID: attrFn, Ident: "db/fn", Type: SymbolKind, Doc: "Reserved for transaction functions."},
	{ID: attrID, Ident: "db/id", Type: RefKind, Doc: "In tx data: the entity that a map is about."},
}

var systemByIdent = func() map[string]*Attribute {
	m := make(map[string]*Attribute, len(systemAttributes))
	for _, a := range systemAttributes {
		m[a.Ident] = a
	}
	return m
}()

// The idents of the system that are no attributes.
const (
	cardinalityOne  = "db.cardinality/one"
	cardinalityMany = "db.cardinality/many"
	uniqueIdentity  = "db.unique/identity"
	uniqueValue     = "db.unique/value"
)

// systemEnums gives them ids: the types begin at dbPart+101.
var systemEnums = func() map[string]ID {
	m := map[string]ID{
		cardinalityOne: dbPart + 151, cardinalityMany: dbPart + 152,
		uniqueIdentity: dbPart + 161, uniqueValue: dbPart + 162,
		"db.part/db": dbPart + 171, "db.part/tx": dbPart + 172, "db.part/user": dbPart + 173,
	}
	for k := BoolKind; k <= RefKind; k++ {
		m[typeIdents[k]] = dbPart + 100 + ID(k)
	}
	return m
}()

// systemIdent is the id of an ident of the system that is no attribute.
func systemIdent(ident string) (ID, bool) {
	id, ok := systemEnums[ident]
	return id, ok
}

// typeIdents are the idents of the value types, without colon.
var typeIdents = func() (idents [RefKind + 1]string) {
	for k := BoolKind; k <= RefKind; k++ {
		idents[k] = "db.type/" + k.String()
	}
	return idents
}()

// valueKind is the value type with the given ident.
func valueKind(ident string) (Kind, bool) {
	for k := BoolKind; k <= RefKind; k++ {
		if typeIdents[k] == ident {
			return k, true
		}
	}
	return NilKind, false
}

// enumOf lists the keywords that are the only values of a system attribute; nil where any value will do.
func enumOf(a ID) []string {
	switch a {
	case attrValueType, attrTupleType:
		return typeIdents[BoolKind:]
	case attrCardinality:
		return []string{cardinalityOne, cardinalityMany}
	case attrUnique:
		return []string{uniqueIdentity, uniqueValue}
	}
	return nil
}

// defines tells whether having the attribute makes an entity an attribute.
func defines(a ID) bool {
	switch a {
	case attrValueType, attrCardinality, attrUnique, attrIsComponent, attrNoHistory, attrIndex,
		attrMaxLength, attrTupleAttrs, attrTupleTypes, attrTupleType:
		return true
	}
	return false
}

// isSystem tells whether id belongs to the system: it cannot be written to.
func isSystem(id ID) bool { return id >= dbPart && id < firstAttr }

// isAttr tells whether id is in the range of the user's attributes.
func isAttr(id ID) bool { return id >= firstAttr && id < 2*dbPart }
