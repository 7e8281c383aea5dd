package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

var errFault = errors.New("the disk is on fire")

// faulty fails at one of its reads.
type faulty struct {
	cas.Getter
	left int
}

func (f *faulty) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if f.left--; f.left == 0 {
		return cas.Block{}, errFault
	}
	return f.Getter.Get(ctx, id)
}

// TestReadsThatFail transacts on a stored database, once for every read that
// can fail: the error is that of the read, never a refusal.
func TestReadsThatFail(t *testing.T) {
	ctx := context.Background()
	store := cas.NewMemory()
	c, err := Create(ctx, store, "main", Options{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 2000)
	always := func(novelty, int) bool { return true }
	var head Commit
	for _, tx := range []string{people + tuples, `
		{:db/id 1 :person/email "x" :person/aka ["x" "y" "` + long + `"] :t/long 5 :t/of 1 :t/name "x" :person/part [2 3] :person/age 5}
		{:db/id 2 :db/ident :the/one :person/boss 1 :person/name "` + long + `"} {:db/id 3 :t/name "y"} {:db/ident :a/spec :db.entity/attrs [:person/age]}`} {
		r, err := c.transact(ctx, parseForms(t, tx), Meta{}, always)
		if err != nil {
			t.Fatal(err)
		}
		head = r.Commit
	}
	for _, tx := range []string{
		`{:person/email "x" :person/aka ["z" "y"] :t/name "z" :db/ensure :a/spec} [:db/cas 1 :person/age 5 6] [:db/retract 1 :person/aka "x"]`,
		`[:db/retractEntity 1] [:db.fn/retractAttribute 2 :person/boss] {:db/id :the/one :person/name "short"}`,
		`{:t/of :the/one :t/name "q" :t/whole [nil "q"]}`,
		`{:db/id :person/part :db/noHistory true} {:db/id :person/boss :db/cardinality :db.cardinality/many} {:db/id :t/long :db/unique :db.unique/value}`,
		`{:db/id :person/ssn :db/valueType :db.type/string} {:db/id :person/friend :db/cardinality :db.cardinality/one} {:db/id :person/name :db/maxLength 5000}`,
	} {
		forms := parseForms(t, tx)
		for n := 1; ; n++ {
			f := &faulty{store, 0}
			db, err := Open(ctx, f, head.ID)
			if err != nil {
				t.Fatal(err)
			}
			f.left = n
			_, err = expand(ctx, db, forms, 3, noon.AddDate(9, 0, 0), db.s.next)
			if f.left > 0 && err == nil {
				if n == 1 {
					t.Errorf("%s: nothing is read", tx)
				}
				break
			}
			var refusal *TxError
			if !errors.Is(err, errFault) || errors.As(err, &refusal) {
				t.Fatalf("%s: read %d failed, but the error is %v", tx, n, err)
			}
		}
	}
}
