package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// goldenLog has a value of every type, large ones, names of every sort, retractions, renames,
// history and none of it. Its commits are the format: they are the same on every machine, and
// change only with the format's version.
var goldenLog = []struct{ tx, commit, root string }{
	{`[{:db/ident :thing/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity :db/doc "Names a thing."}
	   {:db/ident :thing/code :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
	   {:db/ident :thing/bool :db/valueType :db.type/boolean :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/big :db/valueType :db.type/bigint :db/cardinality :db.cardinality/many}
	   {:db/ident :thing/double :db/valueType :db.type/double :db/cardinality :db.cardinality/many}
	   {:db/ident :thing/float :db/valueType :db.type/float :db/cardinality :db.cardinality/many}
	   {:db/ident :thing/decimal :db/valueType :db.type/bigdec :db/cardinality :db.cardinality/many}
	   {:db/ident :thing/at :db/valueType :db.type/instant :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/uuid :db/valueType :db.type/uuid :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/kind :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/symbol :db/valueType :db.type/symbol :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/text :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
	   {:db/ident :thing/uri :db/valueType :db.type/uri :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/bytes :db/valueType :db.type/bytes :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/pair :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long :db.type/string] :db/cardinality :db.cardinality/one}
	   {:db/ident :thing/part-of :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
	   {:db/ident :thing/fleeting :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/noHistory true}
	   {:db/ident :title :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}]`,

		"bafyreig2mkwyjsc5cyoxcyq2wk56nevumjly4o377d3y4axrnvnz5b2jnq",
		"bafyreidkqixktgedtkfjafc32zmru4onssb233bg2qzm7k2yfzm7vjgd3q"},
	{`[{:thing/id "a/b" :thing/bool true :thing/big [-99999999999999999999N 0N 7N] :thing/double [-1.5 0.0 1e300 ##Inf ##-Inf ##NaN] :thing/float [1.5 -2.25]
	    :thing/decimal [1.50M 1.5M -0.001M 0M] :thing/at #inst "2026-11-01T12:00:00.123Z" :thing/uuid #uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
	    :thing/kind :kind/first :thing/symbol a.b/c :thing/uri #uri "https://example.org/" :thing/bytes #bytes "00ff00" :thing/pair [7 "x"] :thing/fleeting 1}
	   {:thing/code 42 :thing/part-of [[:thing/id "a/b"]] :thing/text ["" "nul\u0000l" "ü"]}
	   {:title "no namespace" :thing/part-of [[:thing/code 42]]}
	   {:db/ident :kind/first} {:db/id 4000 :thing/text "no identity"}]`,
		"bafyreiaafvzf37hovlkcnwvme4z7lzx56uet2zguqpquufbnjvrpqpqrwa",
		"bafyreigzfheywhl6cp4an4nr4crcavslddhfuv437i6p3pooibmejktgyy"},
	{`[{:thing/id "a/b" :thing/fleeting 2 :thing/bool false :thing/pair [7 nil]} [:db/retract [:thing/id "a/b"] :thing/big 7]
	   {:thing/code 42 :thing/text [LARGE] :thing/id "second"}]`,
		"bafyreiakaxisqumftycbmshvyyqgtdfkquxzrhjxq3vzmyn6em7brnoika",
		"bafyreihkthh4uctv4kskjksawcem6pzpmymsz3l3adwq4ka6ik4y7lq4gu"},
	{`[[:db/add [:thing/id "a/b"] :thing/id "renamed"] {:db/id :thing/text :db/ident :thing/note} [:db/retract [:thing/code 42] :thing/note ""]]`,
		"bafyreihcqlyeyeovu4xny6i4purervodssthdh75jxyviget2srrtzi6ee",
		"bafyreicxaiabn2fxqbi4bk73bcc5agkp7ua6rc6f3nlqook5dcgrlb3adu"},
	{`[[:db/retractEntity [:title "no namespace"]] {:thing/id "a/b" :thing/code -1}]`,
		"bafyreieznvi4ygovowt5rkujc22ui5femt2psr5qf5zm5csbw4ersgwkgy",
		"bafyreifdemasbiykj63yz7jtbpotfidlcvyssazzasdtwd7hewjqfz5xd4"},
	{`PEOPLE`,
		"bafyreigbuwgvbrjv5y6rwgeduuq2qrhpkm2esz3h3kddsvnrktu7zrtgsq",
		"bafyreiawlbb3jsbhtgmrrnxbhkjfj3jxamz6mlpbqipbmytyj73kcw72je"},
	{`[[:db.purge/entity [:title "no namespace"]] [:db.purge/attribute [:thing/id "second"] :thing/note] [:db/purge [:thing/code -1] :thing/big 7]]`,
		"bafyreieyoboch4ymmjhpppyfmm7vvnbjrigfytolv56a72q5oetnrfh5fu",
		"bafyreidr23fag7efgcymwyzpl4qwcrzub75i2zwjtng44edbgd74tstlia"},
	{`[{:thing/id "after" :thing/part-of [[:thing/id "renamed"]]}]`,
		"bafyreic2a45sazm57yihw5munn4adtaf3j5hxdge2a2f5fxvyt5syw3vz4",
		"bafyreiaxdfzzgobbe4ra4bkptkgct6oauxylagqe22uieu6lnamhavhaxu"},
}

func goldenTx(tx string) string {
	if tx != "PEOPLE" {
		return strings.Replace(tx, "LARGE", fmt.Sprintf("%q", strings.Repeat("large ", 1000)), 1)
	}
	var b strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&b, "{:thing/id \"p%d\" :thing/double [%d.25] :thing/part-of [[:thing/code %d]]}", i*i, i%50, []int{42, -1}[i%2])
	}
	return "[" + b.String() + "]"
}

// TestGoldenLog is run on js/wasm too.
func TestGoldenLog(t *testing.T) {
	for name, due := range map[string]policy{"always": always, "never": never, "flushed": flushed} {
		s := cas.NewMemory()
		clock := time.UnixMilli(1_700_000_000_000)
		c, err := Create(context.Background(), s, "main", Options{}, clock)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range goldenLog {
			clock = clock.Add(time.Minute)
			c.now = func() time.Time { return clock }
			r, err := c.transact(context.Background(), forms(t, goldenTx(g.tx)), Meta{By: "golden", Msg: fmt.Sprint("step ", i+1)}, due)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.After.Root().String(); got != g.root {
				t.Errorf("root of step %d, nodes stored %s, is %s", i+1, name, got)
			}
			if got := r.Commit.ID.String(); name == "flushed" && got != g.commit {
				t.Errorf("commit of step %d is %s", i+1, got)
			}
		}
	}
}

// TestGoldenSigned is the first commit of an empty database, signed by a key that is known: ed25519 gives the same signature each time.
func TestGoldenSigned(t *testing.T) {
	c, err := CreateSigned(context.Background(), cas.NewMemory(), "main", Options{}, time.UnixMilli(1000), testKey(7))
	if err != nil {
		t.Fatal(err)
	}
	const want = "bafyreigblne7rqnaobrdcewah3etvvko6tmlrelqk6t36zkmtkboaroz5i"
	if got := c.head.commit.ID.String(); got != want {
		t.Errorf("the signed commit is %s", got)
	}
}
