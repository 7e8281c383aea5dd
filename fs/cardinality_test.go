package fs_test

import (
	"testing"

	"github.com/dhfs/dhfs/fs"
)

// TestCardinalityShows changes the cardinality of an attribute. What has one value a line escapes line ends and backslashes, so
// some files show another text, and the directories around them must differ. The digest of an entity tells the cardinality and not
// whether its values have anything to escape: directories of which nothing changed get another inode as well, which costs
// diff -r a look at their files, which are the same.
func TestCardinalityShows(t *testing.T) {
	s := newSample(t)
	s.tx(sampleSchema)
	s.tx(`[{:person/email "plain" :person/nick "x"} {:person/email "lines" :person/nick "y\nz"} {:person/email "slash" :person/nick "a\\b"} {:person/email "none"}]`)
	s.tx("[" + oneNick + "]")
	tree := s.tree()
	look := func(rev, name string) (ino uint64, text string) {
		t.Helper()
		info, err := tree.Stat("at/" + rev + "/entities/person/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !info.IsDir() {
			data, err := tree.ReadFile("at/" + rev + "/entities/person/" + name)
			if err != nil {
				t.Fatal(err)
			}
			text = string(data)
		}
		return info.Sys().(fs.Stat).Ino, text
	}
	for _, c := range []struct{ who, many, one string }{
		{"plain", "x\n", "x\n"}, {"lines", "y\\nz\n", "y\nz\n"}, {"slash", "a\\\\b\n", "a\\b\n"},
	} {
		before, many := look("t2", c.who+"/nick")
		after, one := look("t3", c.who+"/nick")
		if many != c.many || one != c.one || (before == after) != (many == one) {
			t.Errorf("%s shows %q and then %q, inodes %d and %d", c.who, many, one, before, after)
		}
		dir, _ := look("t2", c.who)
		if now, _ := look("t3", c.who); many != one && dir == now {
			t.Errorf("the directory of %s has the same inode, and a file that differs", c.who)
		}
	}
	before, _ := look("t2", "none")
	if after, _ := look("t3", "none"); before != after {
		t.Error("an entity without the attribute has another inode")
	}
}
