package queries_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

func TestBasisIsReadAsItWasWritten(t *testing.T) {
	commit := cas.NewBlock(cas.DagCBOR, []byte{0xa0}).CID()
	at := time.Date(2026, 11, 1, 12, 0, 0, 5e6, time.UTC)
	for _, b := range []queries.Basis{
		{Query: "[:find ?x :in $ :where [?x :a]] ; \"quoted\"\n"},
		{
			Query: "{:query [:find ?x :in $ $hr ?a :where [?x :a ?a]]}",
			Sources: []queries.BasisSource{
				{Name: "$", Database: "shop's", Commit: commit, T: 3, At: at},
				{Name: "$hr", Database: "hr", Commit: commit, T: 4, At: at, History: true, Since: 2},
			},
			Args:     []edn.Value{edn.MakeInt(35), edn.MakeVector(edn.MakeString("a\tb"), edn.MakeInst(7)), edn.MakeTagged(edn.RegexTag, edn.MakeString(`\d+`))},
			Limit:    10,
			Warnings: []string{"there is no attribute :b"},
		},
	} {
		got, err := queries.ParseBasis(string(b.Text()))
		if err != nil {
			t.Fatalf("%s: %v", b.Text(), err)
		}
		if string(got.Text()) != string(b.Text()) || len(got.Args) != len(b.Args) || !reflect.DeepEqual(got.Sources, b.Sources) {
			t.Errorf("wrote\n%sread\n%s", b.Text(), got.Text())
		}
	}
}

func TestNoBasis(t *testing.T) {
	b := queries.Basis{Query: "[:find ?x :where [?x :a]]", Limit: 4,
		Sources: []queries.BasisSource{{Name: "$", Database: "shop", Commit: cas.NewBlock(cas.DagCBOR, []byte{0xa0}).CID(), T: 3, At: time.UnixMilli(0)}}}
	whole := string(b.Text())
	for _, change := range []struct{ old, new, want string }{
		{whole, "", "no form"},
		{whole, "name\tage\nAda\t36\n", "a second form"},
		{whole, "7", "want a map"},
		{":query", ":qury", ":query is missing"},
		{"?x :where", "?y :where", "the query was changed"},
		{`"shop"`, "shop", ":database wants a string"},
		{`:commit "ba`, `:commit "xx`, "is no commit"},
		{":t 3", ":t -3", ":t is -3"},
		{":limit 4", ":limit 99999999999", ":limit is 99999999999"},
		{":t 3", "", ":t is missing"},
		{"{$ ", `{"$" `, "is no name of a source"},
	} {
		text := strings.Replace(whole, change.old, change.new, 1)
		_, err := queries.ParseBasis(text)
		var refused *queries.Error
		if text == whole || !errors.As(err, &refused) || refused.Code != "query/basis" || !strings.Contains(refused.Msg, change.want) || refused.Pos.Line == 0 {
			t.Errorf("%s\ngives %v, want %q", text, err, change.want)
		}
	}
}
