package fs_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"

	"github.com/dhfs/dhfs/fs"
)

// flushedSample is peopleSample with so many transactions more that its nodes are stored.
func flushedSample(t *testing.T) *sample {
	s := peopleSample(t)
	for i := range 64 {
		s.tx(fmt.Sprintf(`[{:order/id 2 :order/total %dM}]`, i))
	}
	return s
}

// walk reads every file below some paths. It maps each path to what is seen
// there, and complaints are the paths that a program could not list or read.
func (m *mounted) walk(roots string) (seen map[string]string, complaints []string) {
	m.t.Helper()
	out, err := m.try("bad=0; find " + roots + ` -not -type d -printf '= %p %y %s %T@ %l\n' -o -printf '= %p %y %T@\n' || bad=1; find ` + roots + ` -type f -exec sha256sum {} + || bad=1; exit $bad`)
	seen = map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if rest, ok := strings.CutPrefix(line, "= "); ok {
			path, what, _ := strings.Cut(rest, " ")
			seen["stat "+path] = what
		} else if sum, path, ok := strings.Cut(line, "  "); ok && len(sum) == 64 {
			seen["read "+path] = sum
		} else if c := complaint.FindStringSubmatch(line); c != nil {
			complaints = append(complaints, strings.Trim(c[1], "‘’':"))
		} else {
			m.t.Errorf("a line that says something else: %s", line)
		}
	}
	if (err != nil) != (len(complaints) > 0) {
		m.t.Errorf("exit %v with complaints %q", err, complaints)
	}
	return seen, complaints
}

// complaint is how find and sha256sum tell what they could not read.
var complaint = regexp.MustCompile(`^(?:find|sha256sum): (\S+) Input/output error$`)

// compare checks what a walk saw of a damaged tree: everything that was seen is
// right, and what was not is below a path that was complained about.
func compare(t *testing.T, whole, seen map[string]string, complaints []string) {
	t.Helper()
	for what, text := range seen {
		if whole[what] != text {
			t.Errorf("%s: %q, want %q", what, text, whole[what])
		}
	}
	for what := range whole {
		if _, ok := seen[what]; !ok && !coveredBy(what[len("stat "):], complaints) {
			t.Errorf("%s is missing, and nobody was told: %q", what, complaints)
		}
	}
}

func coveredBy(path string, complaints []string) bool {
	for _, c := range complaints {
		if path == c || strings.HasPrefix(path, strings.TrimSuffix(c, "/")+"/") {
			return true
		}
	}
	return false
}

const walked = "head/entities log.tsv README.md branches"

// TestEachFailureInAWalk fails the first question to the store, then the second, and so on.
func TestEachFailureInAWalk(t *testing.T) {
	s := flushedSample(t)
	d := s.damaged()
	m := mount(t, treeOf(d))
	whole, complaints := m.walk(walked)
	questions, _ := d.take()
	if len(complaints) > 0 || len(whole) < 60 || questions < 50 {
		t.Fatalf("%d seen, %d questions, %q", len(whole), questions, complaints)
	}
	told := 0
	for n := 1; n <= questions; n++ {
		d := s.damaged()
		m := mount(t, treeOf(d))
		d.change(func() { d.failAt = n })
		seen, complaints := m.walk(walked)
		// How much a walk asks depends on how long the kernel believes an answer: on a busy machine this one may have
		// ended before the question that was to fail, which must not fail the walk below.
		d.change(func() { d.failAt = 0 })
		compare(t, whole, seen, complaints)
		if len(complaints) > 0 {
			told++
			m.want("grep -c 'the backend is gone' .dhfs/errors.tsv | sed 's/[1-9][0-9]*/some/'", "some\n")
		}
		if n%16 == 0 { // and it passes
			seen, complaints := m.walk(walked)
			compare(t, whole, seen, nil)
			if len(complaints) > 0 {
				t.Errorf("question %d: the failure stays: %q", n, complaints)
			}
		}
		if err := m.srv.Unmount(); err != nil {
			t.Fatal(err)
		}
	}
	if told < questions/2 {
		t.Errorf("%d of %d failures were noticed", told, questions)
	}
}

// TestEachFailureInALongListing is the same for one directory of many nodes, flat and in pages.
func TestEachFailureInALongListing(t *testing.T) {
	s := storedSample(t)
	const list = "find head/entities/person/ -mindepth 1 -name '*@*' -prune | wc -l"
	for _, page := range []int{-1, 0} {
		for n := 1; ; n++ {
			d := s.damaged()
			m := mount(t, fs.New([]fs.Database{{Name: "people", Store: d}}, fs.Options{Page: page}))
			m.sh("ls head/entities")
			d.take()
			d.change(func() { d.failAt = n })
			out, err := m.try("set -o pipefail; " + list)
			asked, _ := d.take()
			d.change(func() { d.failAt = 0 })
			if err == nil && out != "3000\n" {
				t.Errorf("page %d, question %d: %s, and no error", page, n, out)
			}
			if err != nil && (asked < n || !strings.Contains(out, "Input/output error")) {
				t.Errorf("page %d, question %d: %s", page, n, out)
			}
			m.want(list, "3000\n")
			if err := m.srv.Unmount(); err != nil {
				t.Fatal(err)
			}
			if asked < n {
				if n < 10 {
					t.Errorf("page %d: only %d questions", page, n)
				}
				break
			}
		}
	}
}

// TestEachDamagedBlock flips a bit in one block, then in the next, and so on.
func TestEachDamagedBlock(t *testing.T) {
	s := flushedSample(t)
	whole, complaints := mount(t, treeOf(s.damaged())).walk(walked)
	if len(complaints) > 0 {
		t.Fatal(complaints)
	}
	blocks, met := 0, 0
	for id, err := range s.store.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		blocks++
		d := s.damaged()
		d.fails[id] = flipped(t, s.store, id)
		m := mount(t, treeOf(d))
		seen, complaints := m.walk(walked)
		compare(t, whole, seen, complaints)
		if len(complaints) > 0 {
			met++
			m.want("sed 1d .dhfs/errors.tsv | grep -v -c "+id.String()+" || true", "0\n")
			m.want("sed 1d .dhfs/errors.tsv | cut -f4 | sort -u", "dhfs verify, then dhfs repair --from a copy of the store\n")
		}
		if err := m.srv.Unmount(); err != nil {
			t.Fatal(err)
		}
	}
	if met < 20 {
		t.Errorf("%d of %d blocks were read", met, blocks)
	}
}

// flipped is what a store says of the block when one of its bits has changed.
func flipped(t *testing.T, store cas.Getter, id cid.Cid) error {
	t.Helper()
	b, err := store.Get(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	data := append([]byte(nil), b.Data()...)
	data[len(data)/2] ^= 4
	_, err = cas.Check(id, data)
	if err == nil {
		t.Fatal("a flipped bit was not noticed")
	}
	return err
}
