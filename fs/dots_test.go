package fs_test

import (
	"fmt"
	iofs "io/fs"
	"strings"
	"testing"
)

// unlisted are the names that can only be looked up, below the newest commit.
var unlisted = []string{
	".commit.edn", ".changes.tsv", ".changes.edn", ".datoms.edn", ".history.edn", ".schema.edn", ".parents/1",
	"entities/person/.count", "entities/person/.tsv", "entities/person/.csv", "entities/person/.json",
	"entities/person/ada@example.org/.edn", "entities/person/ada@example.org/.json",
	"entities/person/ada@example.org/.log", "entities/person/ada@example.org/.refs/boss",
	"entities/person/ben@example.org/.refs/friend/person%2Fada@example.org",
	"entities/person/ada@example.org/.back/order.buyer/order%2F1",
	"entities/_/1", "entities/_/13194139533314/db.txInstant",
	"attributes/person.age/.values.tsv", "attributes/person.age/.count",
	"attributes/person.age/.by/40/person%2Fben@example.org", "attributes/person.email/.by/ada@example.org",
	"attributes/order.buyer/.by/person%2Fada@example.org/order%2F1",
	"attributes/order.total/.by/12.50/order%2F1", "attributes/order.placed/.by/2026-10-31T08:00:00.000Z/order%2F1",
	"attributes/order.state/.by/:order.state%2Fpaid/order%2F2",
}

func TestUnlistedNames(t *testing.T) {
	s := peopleSample(t)
	tree := s.tree()
	var out strings.Builder
	paths := []string{"README.md", "log.tsv", "at/t2", "at/main~1", "at/2026-11-01", "diff/t2..main.tsv", "diff/main..t2.edn"}
	for _, name := range unlisted {
		paths = append(paths, "commits/"+s.ids[2]+"/"+name)
	}
	for _, path := range paths {
		info, err := tree.Lstat(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		fmt.Fprintf(&out, "== %s %s\n", info.Mode(), path)
		if info.Mode()&iofs.ModeSymlink != 0 {
			target, err := tree.ReadLink(path)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			if _, err := tree.Stat(path); err != nil {
				t.Errorf("%s -> %s: %v", path, target, err)
			}
			fmt.Fprintln(&out, "->", target)
			continue
		}
		data, err := tree.ReadFile(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if int64(len(data)) != info.Size() {
			t.Errorf("%s: size %d, but %d bytes", path, info.Size(), len(data))
		}
		out.WriteString(cut(string(data)))
	}
	text := out.String()
	for i, id := range s.ids {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("<commit %d>", i+1))
	}
	golden(t, "unlisted.txt", text)
}

// cut shortens the one long value of the sample.
func cut(s string) string {
	const story = "long story "
	return strings.ReplaceAll(strings.ReplaceAll(s, strings.Repeat(story, 200), "<story>"), strings.TrimSpace(strings.Repeat(story, 200)), "<story>")
}

func TestMissingNames(t *testing.T) {
	s := peopleSample(t)
	tree := s.tree()
	base := "commits/" + s.ids[2] + "/"
	for _, path := range []string{
		"nothing", "at/t99", "at/nothing", "branches/nothing", "commits/bafyrei", "diff/main", "diff/main..nothing.tsv",
		base + "entities/nothing", base + "entities/person/nobody", base + "entities/person/ada@example.org/salary",
		base + "entities/person/ada@example.org/nick/deeper", base + "entities/_/999", base + "entities/_/x",
		base + "attributes/person", base + "attributes/person.age/.by/x", base + "attributes/person.age/.by/99", base + ".nothing",
		"query/nothing.tsv",
	} {
		if _, err := tree.Stat(path); err == nil || !strings.Contains(err.Error(), "not exist") {
			t.Errorf("%s: %v, want that it does not exist", path, err)
		}
	}
}
