package fs_test

import (
	"fmt"
	iofs "io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/fs"
	"pgregory.net/rapid"
)

// shown is what stat and read tell of a node.
type shown struct {
	stat fs.Stat
	data string // of a file
}

// show reads everything below dir, by path.
func show(t *rapid.T, tree *fs.Tree, dir string) map[string]shown {
	all := map[string]shown{}
	err := iofs.WalkDir(tree, dir, func(p string, d iofs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := tree.Lstat(p)
		if err != nil {
			return err
		}
		s := shown{stat: info.Sys().(fs.Stat)}
		if info.Mode().IsRegular() {
			data, err := tree.ReadFile(p)
			if err != nil {
				return err
			}
			s.data = string(data)
			if int64(len(data)) != s.stat.Size {
				t.Fatalf("%s: size %d, but %d bytes", p, s.stat.Size, len(data))
			}
		}
		all[strings.TrimPrefix(p, dir)] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// text is a directory's content: what is shown below it, times included.
func (s shown) text(all map[string]shown, p string) string {
	var out strings.Builder
	fmt.Fprintln(&out, s.stat.Mode, s.stat.Size, s.stat.MTime, s.data)
	if s.stat.Mode.IsDir() {
		for _, child := range sortedBelow(all, p) {
			c := all[child]
			fmt.Fprintln(&out, strings.TrimPrefix(child, p), c.stat.Mode, c.stat.Size, c.stat.MTime, c.data)
		}
	}
	return out.String()
}

func sortedBelow(all map[string]shown, p string) []string {
	var names []string
	for q := range all {
		if strings.HasPrefix(q, p+"/") {
			names = append(names, q)
		}
	}
	slices.Sort(names)
	return names
}

// randomTx is tx data about a few people, who change their keys and their friends.
func randomTx(t *rapid.T) string {
	person := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	var forms []string
	for range rapid.IntRange(1, 4).Draw(t, "forms") {
		who := person.Draw(t, "who")
		switch rapid.IntRange(0, 7).Draw(t, "what") {
		case 0, 1:
			forms = append(forms, fmt.Sprintf(`{:person/email %q :person/age %d}`, who, rapid.IntRange(1, 3).Draw(t, "age")))
		case 2:
			forms = append(forms, fmt.Sprintf(`{:person/email %q :person/nick %q}`, who, rapid.SampledFrom([]string{"x", "y\nz", ""}).Draw(t, "nick")))
		case 3:
			forms = append(forms, fmt.Sprintf(`{:person/email %q :person/friend {:person/email %q}}`, who, person.Draw(t, "friend")))
		case 4:
			forms = append(forms, fmt.Sprintf(`{:note/text %q :note/about {:person/email %q}}`, rapid.SampledFrom([]string{"n", "m"}).Draw(t, "note"), who))
		case 5:
			forms = append(forms, fmt.Sprintf(`[:db/retract [:person/email %q] :person/age]`, who))
		case 6:
			forms = append(forms, fmt.Sprintf(`[:db/add [:person/email %q] :person/email %q]`, who, who+"2"))
		case 7:
			forms = append(forms, fmt.Sprintf(`[:db/retract [:person/email %q] :person/friend [:person/email %q]]`, who, person.Draw(t, "friend")))
		}
	}
	return "[" + strings.Join(forms, "\n") + "]"
}

// TestInodesTellContent holds every node of every pair of commits against each
// other: equal inodes must mean that a program that compares would find no difference.
func TestInodesTellContent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSample(t)
		s.tx(sampleSchema)
		for range rapid.IntRange(2, 5).Draw(rt, "transactions") {
			s.tryTx(randomTx(rt))
		}
		tree := s.tree()
		byIno := map[uint64]string{}
		byText := map[string]uint64{}
		for _, id := range s.ids {
			for _, part := range []string{"/entities", "/attributes"} {
				dir := path.Join("commits", id) + part
				all := show(rt, tree, dir)
				for p, node := range all {
					text := node.text(all, p)
					if before, ok := byIno[node.stat.Ino]; ok && before != text {
						rt.Fatalf("two nodes have inode %d:\n%s\n%s", node.stat.Ino, before, text)
					}
					byIno[node.stat.Ino] = text
					// The converse is only speed, but what stays where it is must not change its inode.
					at := part + p + "\n" + text
					if before, ok := byText[at]; ok && before != node.stat.Ino && node.stat.Mode.IsRegular() {
						rt.Fatalf("%s has inode %d and then %d:\n%s", p, before, node.stat.Ino, text)
					}
					byText[at] = node.stat.Ino
				}
			}
		}
	})
}
