package fs_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestWalkersAndAWriter walks the mount from several processes while commits are made.
func TestWalkersAndAWriter(t *testing.T) {
	s := manySample(t, 200)
	m := mount(t, s.tree())
	var wait sync.WaitGroup
	for i, walk := range []string{
		"for i in 1 2 3; do grep -rc Person head/ | grep -c name:1; done",
		"for i in 1 2 3; do find head/ -name name | wc -l; done",
		"for i in 1 2 3; do tar cf - -C head . | tar tf - | grep -c /name; done",
		"for i in 1 2 3; do cat head/entities/person/*/name | wc -l; done",
		"for i in 1 2 3; do tail -n +2 query/n.tsv | wc -l; done",
		"for i in 1 2 3; do (cd head/entities/person; for d in *; do cat $d/name; done | wc -l); done",
	} {
		wait.Add(1)
		go func() {
			defer wait.Done()
			out, err := m.try(strings.ReplaceAll("echo '[:find ?e :where [?e :person/name]]' > query/q"+fmt.Sprint(i)+".dl; mv query/q"+fmt.Sprint(i)+".dl query/n.dl; "+walk, "\n", ""))
			if want := "200\n200\n200\n"; out != want || err != nil {
				t.Errorf("%s: %v %s", walk, err, out)
			}
		}()
	}
	for i := range 30 {
		s.tx(fmt.Sprintf(`[{:person/email "p%05d@example.org" :person/age %d}]`, i, 100+i))
	}
	wait.Wait()
	m.want("cat head/entities/person/p00029@example.org/age; wc -l < log.tsv", "129\n34\n")
}
