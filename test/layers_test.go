// Package test has what is checked of dhfs as a whole.
package test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/dhfs/dhfs"

// layers are the packages that there may be and what of dhfs each may import. A
// folder belongs to the first line that matches it.
var layers = []struct {
	pattern string
	below   []string
}{
	{"cas/dagcbor", nil},
	{"cas", []string{"cas/dagcbor"}},
	{"cas/*", []string{"cas", "cas/dagcbor"}},
	{"engine/edn", nil},
	{"engine/index", []string{"cas", "cas/dagcbor"}},
	{"engine", []string{"engine/index", "engine/edn", "cas", "cas/dagcbor"}},
	{"engine/ingest", []string{"engine", "engine/edn", "cas"}},
	{"engine/fressian", nil},
	{"engine/datahike/datahiketest", []string{"engine/fressian"}},
	{"engine/datahike", []string{"engine", "engine/edn", "engine/fressian", "cas"}},
	{"queries", []string{"engine", "engine/index", "engine/edn", "cas", "cas/dagcbor"}},
	{"fs", []string{"queries", "engine", "engine/*", "cas", "cas/*"}},
	{"cmd/dhfs/page", nil},
	{"cmd/dhfs/page/pack", nil},
	{"cmd/*", []string{"cmd/dhfs/page", "fs", "queries", "engine", "engine/*", "cas", "cas/*"}},
	{"scripts/vet", nil},
	{"test", []string{"cmd/*", "fs", "queries", "engine", "engine/*", "cas", "cas/*", "test/*"}},
	{"test/servers/with", []string{"test/servers"}},
	{"test/bench/mount", []string{"fs", "queries", "engine", "engine/*", "cas", "cas/*"}},
	{"test/bench/query", []string{"queries", "engine", "engine/edn", "cas", "cas/*"}},
	{"test/*", []string{"fs", "queries", "engine", "engine/*", "cas", "cas/*"}},
}

// forTests is what test files of every layer may import besides.
var forTests = []string{"cas/*", "test/servers", "engine/datahike/datahiketest"}

// topLevel is what the repository may have at its top, besides what .gitignore names.
var topLevel = []string{
	"go.mod", "go.sum", "Makefile", "README.md", "ARCHITECTURE.md", "LICENSE", "CHANGELOG.md",
	"cmd", "fs", "engine", "cas", "queries", "scripts", "test", ".ci", ".git", ".gitignore",
}

// foreign are packages of others that only some folders may import.
var foreign = []struct {
	prefix string
	only   func(folder string, testFile bool) bool
	why    string
}{
	{"github.com/hanwen/go-fuse", fuseUsers, "only fs knows of FUSE, and the server that it is measured beside"},
	{"github.com/sirupsen/logrus", within("fs", "cmd"), "libraries return errors, only fs and cmd log"},
	{"log/slog", within(), "libraries return errors, fs and cmd log with logrus"},
	{"log", loggers, "libraries return errors; fs needs one to hand to go-fuse, cas/cassql one to keep a driver silent"},
	{"github.com/jackc/pgx", drivers, "one package knows the drivers of SQL databases"},
	{"github.com/go-sql-driver", drivers, "one package knows the drivers of SQL databases"},
	{"modernc.org/sqlite", drivers, "one package knows the drivers of SQL databases"},
	{"testing", testsOr("cas/castest", "test/servers", "engine/datahike/datahiketest"), "the product is built without it"},
	{"pgregory.net/rapid", testsOr(), "it is for tests"},
	{"go.uber.org/goleak", testsOr(), "it is for tests"},
	{"github.com/rogpeppe/go-internal", testsOr(), "it is for tests"},
	{"github.com/minio/minio-go", s3Users, "only cas/cass3 knows of S3, and the server that it is tested with"},
	{"github.com/ipld/go-ipld-prime", testsOr(), "it is the check of our codec"},
}

func within(tops ...string) func(string, bool) bool {
	return func(folder string, _ bool) bool {
		top, _, _ := strings.Cut(folder, "/")
		return slices.Contains(tops, top)
	}
}

func fuseUsers(folder string, testFile bool) bool {
	return within("fs")(folder, testFile) || folder == "test/bench/mount"
}

func loggers(folder string, testFile bool) bool {
	return within("fs")(folder, testFile) || drivers(folder, testFile)
}

func drivers(folder string, testFile bool) bool {
	return testFile || folder == "cas/cassql" || folder == "test/servers" || strings.HasPrefix(folder, "test/bench")
}

func s3Users(folder string, _ bool) bool { return folder == "cas/cass3" || folder == "test/servers" }

func testsOr(folders ...string) func(string, bool) bool {
	return func(folder string, testFile bool) bool { return testFile || slices.Contains(folders, folder) }
}

func TestLayers(t *testing.T) {
	faults, files := check(t, os.DirFS(".."))
	for _, fault := range faults {
		t.Error(fault)
	}
	if files < 20 {
		t.Errorf("only %d Go files were looked at", files)
	}
}

// check lists everything in a repository that breaks the rules above.
func check(t *testing.T, repo fs.FS) (faults []string, files int) {
	t.Helper()
	entries, err := fs.ReadDir(repo, ".")
	if err != nil {
		t.Fatal(err)
	}
	ignored := ignoredNames(repo)
	for _, e := range entries {
		if !slices.Contains(topLevel, e.Name()) && !matchesAny(e.Name(), ignored) {
			faults = append(faults, e.Name()+": not one of the names at the top of the repository")
		}
	}
	err = fs.WalkDir(repo, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && skipped(e.Name(), ignored):
			return fs.SkipDir
		case e.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		files++
		found, err := checkFile(repo, name)
		faults = append(faults, found...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return faults, files
}

// skipped tells of folders in which Go looks for no packages.
func skipped(name string, ignored []string) bool {
	return name == "testdata" || name[0] == '.' || name[0] == '_' || matchesAny(name, ignored)
}

func ignoredNames(repo fs.FS) (patterns []string) {
	data, err := fs.ReadFile(repo, ".gitignore")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		patterns = append(patterns, strings.Trim(strings.TrimSpace(line), "/"))
	}
	return patterns
}

func checkFile(repo fs.FS, name string) (faults []string, err error) {
	folder, testFile := path.Dir(name), strings.HasSuffix(name, "_test.go")
	layer, below, ok := layerOf(folder)
	if !ok {
		return []string{fmt.Sprintf("%s: the folder %s is in no layer", name, folder)}, nil
	}
	if testFile {
		below = slices.Concat(below, forTests)
	}
	source, err := fs.ReadFile(repo, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if why := forbidden(folder, layer, imported, below, testFile); why != "" {
			faults = append(faults, fmt.Sprintf("%s imports %s: %s", name, imported, why))
		}
	}
	return faults, nil
}

// forbidden tells why a file may not import something, "" when it may.
func forbidden(folder, layer, imported string, below []string, testFile bool) string {
	for _, f := range foreign {
		if (imported == f.prefix || strings.HasPrefix(imported, f.prefix+"/")) && !f.only(folder, testFile) {
			return f.why
		}
	}
	own, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		return ""
	}
	to, _, known := layerOf(own)
	switch {
	case !known:
		return "it is in no layer"
	case own == "cas/castest" && !testFile:
		return "it is for tests"
	case to == layer || matchesAny(to, below):
		return ""
	}
	return fmt.Sprintf("it is not below %s, which may import %v", layer, below)
}

// layerOf finds the layer of a folder. Internal packages are part of the one around them.
func layerOf(folder string) (layer string, below []string, ok bool) {
	layer, _, _ = strings.Cut(folder, "/internal/")
	for _, l := range layers {
		if matchesAny(layer, []string{l.pattern}) {
			return layer, l.below, true
		}
	}
	return "", nil, false
}

func matchesAny(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

// The checker finds each kind of fault in a repository made for it, and none in a sound one.
func TestLayersAreChecked(t *testing.T) {
	own := func(p string) string { return module + "/" + p }
	for _, c := range []struct {
		file, imports string
		fault         string // "" for none
	}{
		{"cas/a.go", own("cas/dagcbor"), ""},
		{"cas/file/a.go", own("cas"), ""},
		{"engine/a.go", own("engine/index"), ""},
		{"engine/ingest/a.go", own("engine"), ""},
		{"queries/a.go", own("queries/internal/plan"), ""},
		{"queries/internal/plan/a.go", own("engine"), ""},
		{"queries/internal/plan/a.go", own("queries/internal/fn"), ""},
		{"fs/a.go", "github.com/hanwen/go-fuse/v2/fuse", ""},
		{"cmd/dhfs/a.go", "github.com/sirupsen/logrus", ""},
		{"cmd/dhfs/a.go", own("cas/file"), ""},
		{"cas/castest/a.go", "testing", ""},
		{"engine/a_test.go", "testing/fstest", ""},
		{"engine/a_test.go", own("cas/castest"), ""},
		{"cas/a_test.go", own("cas/castest"), ""},
		{"engine/testdata/a.go", "log", ""},
		{"bin/a.go", "log", ""},
		{"engine/a.go", "logic", ""},

		{"cas/dagcbor/a.go", own("cas"), "not below cas/dagcbor"},
		{"cas/a.go", own("cas/file"), "not below cas"},
		{"cas/a.go", own("engine"), "not below cas"},
		{"cas/file/a.go", own("cas/car"), "not below cas/file"},
		{"engine/edn/a.go", own("cas"), "not below engine/edn"},
		{"engine/index/a.go", own("engine"), "not below engine/index"},
		{"engine/a.go", own("engine/ingest"), "not below engine"},
		{"engine/a.go", own("queries"), "not below engine"},
		{"engine/a.go", own("cas/file"), "not below engine"},
		{"engine/a_test.go", own("queries"), "not below engine"},
		{"queries/internal/plan/a.go", own("fs"), "not below queries"},
		{"queries/a.go", own("engine/ingest"), "not below queries"},
		{"cmd/dhfs/a.go", own("cmd/dhfs-wasm"), "not below cmd/dhfs"},
		{"engine/a.go", own("util"), "it is in no layer"},
		{"engine/a.go", own("cas/castest"), "it is for tests"},
		{"cmd/dhfs/a.go", "github.com/hanwen/go-fuse/v2/fs", "only fs"},
		{"cas/a_test.go", "github.com/hanwen/go-fuse/v2/fs", "only fs"},
		{"engine/a.go", "github.com/sirupsen/logrus", "return errors"},
		{"cmd/dhfs/a.go", "log", "return errors"},
		{"fs/a.go", "log/slog", "return errors"},
		{"cas/a.go", "testing", "built without it"},
		{"cas/casfile/a.go", "github.com/minio/minio-go/v7", "only cas/cass3"},
		{"cas/dagcbor/a.go", "github.com/ipld/go-ipld-prime/codec/dagcbor", "the check of our codec"},
		{"engine/util/a.go", "fmt", "engine/util is in no layer"},
		{"queries/plan/a.go", "fmt", "queries/plan is in no layer"},
		{"main.go", "fmt", "main.go: not one of the names"},
		{"lib/a.go", "fmt", "lib: not one of the names"},
	} {
		faults, _ := check(t, fstest.MapFS{
			".gitignore": {Data: []byte("/bin/\n*.test\n")},
			"go.mod":     {},
			"cas.test":   {},
			c.file:       {Data: []byte("package x\n\nimport _ " + strconv.Quote(c.imports) + "\n")},
		})
		if c.fault == "" && len(faults) > 0 {
			t.Errorf("%s importing %s: unexpected %q", c.file, c.imports, faults)
		}
		if c.fault != "" && !strings.Contains(strings.Join(faults, "\n"), c.fault) {
			t.Errorf("%s importing %s: got %q, want %q", c.file, c.imports, faults, c.fault)
		}
	}
}
