//go:build unix

package test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/klauspost/compress/zstd"
)

const purgeSchema = notesSchema + `
	{:db/ident :note/code :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/index true}`

// secrets are by what to find the purged values: a unique one that is a name too, an indexed one, one that was replaced, one that is a block
// of its own and is compressed, and the beginnings of the first two, which nodes above leaves may have.
var secrets = []string{"Qx71-name", "Qx71", "Jw93-code", "Jw93", "Vk58-replaced", "a large Zf26 secret"}

// purging is a store from which secrets are purged.
type purging struct {
	files      string // where its bytes are
	create     func(ctx context.Context) (closable, error)
	open       func(ctx context.Context) (closable, error)
	notes      int    // besides the secrets
	where      string // files of which there have to be some before the purge
	cutsValues bool   // what is large is in pieces in its files
}

// TestPurgeLeavesNoByte writes values, purges them, collects the garbage, and looks for them in all blocks and in all bytes of the files.
func TestPurgeLeavesNoByte(t *testing.T) {
	dir := t.TempDir()
	files, packs, sqlite := filepath.Join(dir, "files"), filepath.Join(dir, "packs"), filepath.Join(dir, "sqlite")
	at := func(url string, do func(context.Context, string) (closable, error)) func(context.Context) (closable, error) {
		return func(ctx context.Context) (closable, error) { return do(ctx, url) }
	}
	small := casfile.Options{PackSize: 1 << 15}
	if err := os.Mkdir(sqlite, 0o700); err != nil {
		t.Fatal(err)
	}
	inSQLite := "sqlite:" + filepath.Join(sqlite, "notes.db")
	for name, p := range map[string]purging{
		"a dense pack": {files: files, create: at(files, createAt), open: at(files, openAt), notes: 280, where: "packs/*.dense"},
		"packs": {
			files: packs, notes: 80, where: "packs/*.pack", // so little that it does not become dense
			create: func(ctx context.Context) (closable, error) { return casfile.Create(ctx, packs, small) },
			open:   func(ctx context.Context) (closable, error) { return casfile.Open(ctx, packs, small) },
		},
		"SQLite": {files: sqlite, create: at(inSQLite, createAt), open: at(inSQLite, openAt), notes: 280, where: "notes.db", cutsValues: true},
	} {
		t.Run(name, func(t *testing.T) { p.check(t) })
	}
}

func (p purging) check(t *testing.T) {
	p.write(t)
	if found := got[[]string](t)(filepath.Glob(filepath.Join(p.files, p.where))); len(found) == 0 {
		t.Errorf("before the purge there is no %s", p.where)
	}
	inBlocks, inFiles := p.holding(t), bytesOf(t, p.files)
	for _, s := range secrets {
		if inBlocks[s] == 0 {
			t.Errorf("before the purge %q is in no block: there is nothing to remove", s)
		}
		if !p.cutsValues && !bytes.Contains(inFiles, []byte(s)) {
			t.Errorf("before the purge %q is in no file: it would not be found", s)
		}
	}
	p.purge(t)
	inBlocks, inFiles = p.holding(t), bytesOf(t, p.files)
	for _, s := range secrets {
		if n := inBlocks[s]; n > 0 {
			t.Errorf("%q is still in %d blocks", s, n)
		}
		if bytes.Contains(inFiles, []byte(s)) {
			t.Errorf("%q is still in a file", s)
		}
	}
	want := map[string]bool{}
	for i := range p.notes {
		want[fmt.Sprintf("note-%d", i)] = true
	}
	checkHead(t, p.opened(t), "after the purge", want)
}

func (p purging) opened(t *testing.T) closable {
	t.Helper()
	s := got[closable](t)(p.open(t.Context()))
	t.Cleanup(func() { s.Close() })
	return s
}

// write makes a database with secrets among its notes. Where the store has a denser form for what is old, the first of them are in it.
func (p purging) write(t *testing.T) {
	t.Helper()
	s := got[closable](t)(p.create(t.Context()))
	defer s.Close()
	c := got[*engine.Conn](t)(engine.Create(t.Context(), s, "main", engine.Options{}, time.Now()))
	for _, text := range []string{
		purgeSchema,
		someNotes(0, p.notes/2) + fmt.Sprintf(`{:note/key "Qx71-name-1" :note/n 1 :note/code "Jw93-code" :note/text %q}`, strings.Repeat("a large Zf26 secret ", 4000)),
		`{:note/key "Qx71-name-2" :note/text "Vk58-replaced"}`,
	} {
		got[engine.Report](t)(c.TransactLast(t.Context(), got[[]edn.Value](t)(edn.ParseAll(text)), engine.Meta{}))
	}
	got[cas.Collected](t)(engine.GC(t.Context(), s, engine.Retention{}, false, nil))
	for _, text := range []string{
		`{:note/key "Qx71-name-2" :note/text "another" :note/code "Jw93-code"}`, // in a tail
		someNotes(p.notes/2, p.notes/2),
	} {
		got[engine.Report](t)(c.Transact(t.Context(), got[[]edn.Value](t)(edn.ParseAll(text)), engine.Meta{}))
	}
}

// someNotes is tx data. Their texts are blocks of their own that compression leaves large, so most of each file outlives a purge.
func someNotes(from, n int) string {
	var text strings.Builder
	random := rand.NewChaCha8([32]byte{byte(from)})
	noise := make([]byte, 520)
	for i := from; i < from+n; i++ {
		_, _ = random.Read(noise) // it never fails
		fmt.Fprintf(&text, "{:note/key \"note-%d\" :note/n %d :note/code \"code %d\" :note/text \"%x\"}\n", i, i, i, noise)
	}
	return text.String()
}

// purge purges the notes with secrets and removes what only earlier commits have.
func (p purging) purge(t *testing.T) {
	t.Helper()
	s := got[closable](t)(p.open(t.Context()))
	defer s.Close()
	c := got[*engine.Conn](t)(engine.Connect(t.Context(), s, "main"))
	forms := got[[]edn.Value](t)(edn.ParseAll(`[:db.purge/entity [:note/key "Qx71-name-1"]] [:db.purge/entity [:note/key "Qx71-name-2"]]`))
	got[engine.Report](t)(c.Transact(t.Context(), forms, engine.Meta{}))
	got[cas.Collected](t)(engine.GC(t.Context(), s, engine.Retention{Purged: true}, true, nil))
}

// holding is in how many blocks each secret is.
func (p purging) holding(t *testing.T) map[string]int {
	t.Helper()
	s := got[closable](t)(p.open(t.Context()))
	defer s.Close()
	found := map[string]int{}
	for id, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b := got[cas.Block](t)(s.Get(t.Context(), id))
		for _, secret := range secrets {
			if bytes.Contains(b.Data(), []byte(secret)) {
				found[secret]++
			}
		}
	}
	return found
}

// bytesOf is what all files in dir hold, as it is and what each zstd frame in it is made of, whether anything still leads to the frame or not.
func bytesOf(t *testing.T, dir string) (all []byte) {
	t.Helper()
	d := got[*zstd.Decoder](t)(zstd.NewReader(nil, zstd.WithDecoderConcurrency(1)))
	defer d.Close()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		all = append(all, data...)
		for rest := data; ; rest = rest[1:] {
			at := bytes.Index(rest, []byte("\x28\xb5\x2f\xfd"))
			if at < 0 {
				return nil
			}
			rest = rest[at:]
			if err := d.Reset(bytes.NewReader(rest)); err != nil {
				return err
			}
			plain, _ := io.ReadAll(d) // it ends with an error where something else follows the frame
			all = append(all, plain...)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
