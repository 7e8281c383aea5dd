package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// A log of Datomic has numbers for attributes: the entities that have their names as :db/ident. Those of the system are in the log too when it
// begins with the making of the database; where it does not, they are the numbers that Datomic gives them in every database.

// numberOfIdent is what Datomic calls :db/ident.
const numberOfIdent = 10

// datomicIdents are the entities that every database of Datomic has, as far as datoms of a user's database refer to them.
var datomicIdents = map[int64]string{
	numberOfIdent: "db/ident",
	11:            "db.install/partition", 12: "db.install/valueType", 13: "db.install/attribute", 14: "db.install/function",
	20: "db.type/ref", 21: "db.type/keyword", 22: "db.type/long", 23: "db.type/string", 24: "db.type/boolean", 25: "db.type/instant",
	26: "db.type/fn", 27: "db.type/bytes",
	35: "db.cardinality/one", 36: "db.cardinality/many", 37: "db.unique/value", 38: "db.unique/identity",
	40: "db/valueType", 41: "db/cardinality", 42: "db/unique", 43: "db/isComponent", 44: "db/index", 45: "db/noHistory",
	50: "db/txInstant", 51: "db/fulltext",
	56: "db.type/uuid", 57: "db.type/double", 58: "db.type/float", 59: "db.type/uri", 60: "db.type/bigint", 61: "db.type/bigdec", 62: "db/doc",
}

// idents are the names of a file's entities.
type idents struct {
	names   map[int64]string
	number  int64          // of :db/ident
	numbers bool           // attributes are numbers
	skips   map[int64]bool // transactions of which something is left out
	unknown map[string]int // how many datoms of users' entities have an attribute of the system that is not known here
}

// name finds the names; numbers tells whether attributes are numbers.
func (f *datomFile) name(ctx context.Context) (numbers bool, err error) {
	if f.number == 0 {
		f.number = numberOfIdent
	}
	ident := f.number
	f.names = map[int64]string{}
	err = f.form.each(ctx, f.in, func(d datom) error {
		isNumber := d.a.Kind() == edn.Int
		numbers = numbers || isNumber
		if isNumber && d.a.Int() == d.e && d.v.Is(":db/ident") {
			f.number = d.e
		}
		if (d.a.Is(":db/ident") || isNumber && d.a.Int() == ident) && d.v.Kind() == edn.Keyword && !d.gone {
			f.names[d.e] = d.v.Text()
		}
		return nil
	})
	f.numbers = numbers
	return numbers, f.in.explain(err)
}

// ident is the name of an entity.
func (f *idents) ident(e int64) (string, bool) {
	name, ok := f.names[e]
	if !ok && f.numbers {
		name, ok = datomicIdents[e]
	}
	return name, ok
}

// resolve gives a datom the names of its attribute and, where that is about attributes, of its value.
func (f *datomFile) resolve(d *datom) error {
	if d.a.Kind() == edn.Int {
		name, ok := f.ident(d.a.Int())
		if !ok {
			return f.in.wrong(d.at, "a log from the beginning has the datom that names it, [N :db/ident :its/name …]; or write attributes by their idents",
				"the attribute is %d, and nothing tells which one that is", d.a.Int())
		}
		d.a = edn.MakeKeyword(name)
	}
	if f.numbers && d.v.Kind() == edn.Int && (d.a.Is(":db/valueType") || d.a.Is(":db/cardinality") || d.a.Is(":db/unique")) {
		name, ok := f.ident(d.v.Int())
		if !ok {
			return f.in.wrong(d.at, "a log from the beginning has the datom that names it, [N :db/ident :its/name …]", "the value of %s is %d, and nothing tells what that is", d.a, d.v.Int())
		}
		d.v = edn.MakeKeyword(name)
	}
	if f.shape != nil {
		return f.shape(d)
	}
	return nil
}

// systemSchema has the attributes of the system.
var systemSchema = func() map[string]bool {
	all := map[string]bool{}
	for a := range (&engine.Schema{}).System() {
		all[a.Ident] = true
	}
	return all
}()

// leaves tells of what belongs to Datomic itself: what is said of its own entities, and by attributes that dhfs does not have.
func (f *datomFile) leaves(d *datom) bool {
	if a := d.a.Text(); isDatomics(a) && !systemSchema[a] {
		return true
	}
	name, ok := f.names[d.e]
	return ok && isDatomics(name)
}

// isDatomics tells of names that no user gives.
func isDatomics(ident string) bool {
	space, _, _ := strings.Cut(ident, "/")
	return space == "db" || strings.HasPrefix(space, "db.") || space == "fressian"
}

// String is the datom as EDN.
func (d datom) String() string { return fmt.Sprintf("[%d %s %s %d %t]", d.e, d.a, d.v, d.tx, !d.gone) }
