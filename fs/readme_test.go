package fs_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestReadmeIsShort(t *testing.T) {
	s := newSample(t)
	var schema, data strings.Builder
	for kind := range 60 {
		for attr := range 30 {
			unique := ""
			if attr == 0 {
				unique = ":db/unique :db.unique/identity"
			}
			fmt.Fprintf(&schema, "{:db/ident :a-rather-long-namespace-%d/an-attribute-with-a-name-%d :db/valueType :db.type/long :db/cardinality :db.cardinality/one %s}\n", kind, attr, unique)
		}
		fmt.Fprintf(&data, "{:a-rather-long-namespace-%d/an-attribute-with-a-name-0 1 :a-rather-long-namespace-%d/an-attribute-with-a-name-1 2}\n", kind, kind)
	}
	for _, step := range []func(){func() {}, func() { s.tx("[" + schema.String() + "]") }, func() { s.tx("[" + data.String() + "]") }} {
		step()
		readme, err := s.tree().ReadFile("README.md")
		if err != nil {
			t.Fatal(err)
		}
		if len(readme) > 4096 {
			t.Errorf("README.md has %d bytes:\n%s", len(readme), readme)
		}
	}
	readme, _ := s.tree().ReadFile("README.md")
	if !strings.Contains(string(readme), "more: ls head/entities") || !strings.Contains(string(readme), "query/q1.dl") {
		t.Errorf("README.md is cut:\n%s", readme)
	}
}
