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

// oneNick is tx data that may be refused, as people may have two.
const oneNick = `{:db/id :person/nick :db/cardinality :db.cardinality/one}`

// randomTx is tx data about a few people, who change their keys and their friends, are retracted and purged,
// while attributes come, are renamed and documented.
func randomTx(t *rapid.T) string {
	person := rapid.SampledFrom([]string{"a", "b", "c", "d", "ab", "ac"})
	var forms []string
	for range rapid.IntRange(1, 4).Draw(t, "forms") {
		who := person.Draw(t, "who")
		switch rapid.IntRange(0, 15).Draw(t, "what") {
		case 0, 1, 2:
			forms = append(forms, fmt.Sprintf(`{:person/email %q :person/age %d}`, who, rapid.IntRange(1, 3).Draw(t, "age")))
		case 3:
			forms = append(forms, fmt.Sprintf(`{:person/email %q :person/nick %q}`, who, rapid.SampledFrom([]string{"x", "y\nz", ""}).Draw(t, "nick")))
		case 4, 5:
			forms = append(forms, fmt.Sprintf(`{:person/email %q :person/friend {:person/email %q}}`, who, person.Draw(t, "friend")))
		case 6:
			forms = append(forms, fmt.Sprintf(`{:note/text %q :note/about {:person/email %q}}`, rapid.SampledFrom([]string{"n", "m"}).Draw(t, "note"), who))
		case 7:
			forms = append(forms, fmt.Sprintf(`[:db/retract [:person/email %q] :person/age]`, who))
		case 8, 9: // those who refer to it show another text
			forms = append(forms, fmt.Sprintf(`[:db/add [:person/email %q] :person/email %q]`, who, who+"2"))
		case 10:
			forms = append(forms, fmt.Sprintf(`[:db/retract [:person/email %q] :person/friend [:person/email %q]]`, who, person.Draw(t, "friend")))
		case 11:
			forms = append(forms, fmt.Sprintf(`[:db/retractEntity [:person/email %q]]`, who))
		case 12:
			forms = append(forms, fmt.Sprintf(`[:db.purge/entity [:person/email %q]]`, who))
		case 13:
			forms = append(forms, fmt.Sprintf(`[:db.purge/attribute [:person/email %q] :person/age]`, who))
		case 14: // an ident changes, and with it the names of files
			to := rapid.SampledFrom([]string{"person/age", "person/years", "member/age"}).Draw(t, "ident")
			from := rapid.SampledFrom([]string{"person/age", "person/years", "member/age"}).Draw(t, "from")
			forms = append(forms, fmt.Sprintf(`{:db/id :%s :db/ident :%s}`, from, to))
		case 15:
			forms = append(forms, rapid.SampledFrom([]string{
				`{:db/id :person/nick :db/doc "one"}`, `{:db/id :person/nick :db/doc "two"}`,
				`{:db/ident :person/extra :db/valueType :db.type/long :db/cardinality :db.cardinality/one}`,
				`{:db/id :person/friend :db/isComponent true}`, oneNick,
				`{:db/id :order/id :db/ident :order/number}`, `{:db/id :person/name :db/unique :db.unique/identity}`,
			}).Draw(t, "schema"))
		}
	}
	return "[" + strings.Join(forms, "\n") + "]"
}

// TestInodesTellContent holds every node of every pair of commits against each
// other, in pages too: equal inodes must mean that a program that compares would find no difference.
func TestInodesTellContent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSample(t)
		s.tx(sampleSchema)
		s.tx(`[{:person/email "a" :person/age 1 :person/friend {:person/email "b"}} {:person/email "c"} {:person/email "ab" :person/friend {:person/email "a"}}]`)
		exact := true
		for range rapid.IntRange(2, 8).Draw(rt, "transactions") {
			tx := randomTx(rt)
			s.tryTx(tx)
			exact = exact && !strings.Contains(tx, oneNick)
		}
		tree := s.paged(rapid.SampledFrom([]int{1, 2, 3, 1000}).Draw(rt, "page"))
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
					// The converse is only speed, but what stays where it is must not change its inode: no file,
					// and no root but for the cardinality of an attribute, which may show and is in the digests.
					at := part + p + "\n" + text
					if before, ok := byText[at]; ok && before != node.stat.Ino && (p == "" && exact || node.stat.Mode.IsRegular()) {
						rt.Fatalf("%s%s has inode %d and then %d:\n%s", part, p, before, node.stat.Ino, text)
					}
					byText[at] = node.stat.Ino
				}
			}
		}
	})
}
