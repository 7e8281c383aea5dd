package main

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/datahike"
	"github.com/dhfs/dhfs/engine/datahike/datahiketest"
	"github.com/rogpeppe/go-internal/testscript"
)

// datahikeStores are stores that Datahike wrote.
const datahikeStores = "../../engine/datahike/testdata/stores.zip"

// unpacked puts one of the stores into a directory.
func unpacked(zipFile, name, dir string) error {
	all, err := zip.OpenReader(zipFile)
	if err != nil {
		return err
	}
	defer all.Close()
	files, err := fs.Sub(all, name)
	if err != nil {
		return err
	}
	return os.CopyFS(dir, files)
}

// unpackDatahike NAME DIR unpacks a store of Datahike.
func unpackDatahike(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: datahike NAME DIR")
	}
	ts.Check(unpacked(filepath.Join(ts.Getenv("DATA"), "../../engine/datahike/testdata/stores.zip"), args[0], ts.MkAbs(args[1])))
}

// The README's commands about a Datahike database print what it says.
func TestReadmeOfDatahike(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## I have a Datahike database\n")
	section, _, _ = strings.Cut(section, "\n## ")
	dir := t.TempDir()
	if err := unpacked(datahikeStores, "small", filepath.Join(dir, "films")); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, part := range strings.Split(section, "\n    $ ")[1:] {
		command, rest, _ := strings.Cut(part, "\n")
		var want strings.Builder
		for _, line := range strings.Split(rest, "\n") {
			text, ok := strings.CutPrefix(line, "    ")
			if !ok {
				break
			}
			want.WriteString(text + "\n")
		}
		cmd := exec.Command("bash", "-c", command)
		cmd.Dir = dir
		got, err := cmd.CombinedOutput()
		if err != nil || string(got) != want.String() {
			t.Errorf("%s\n%v\ngot\n%swant\n%s", command, err, got, want.String())
		}
		commands++
	}
	if commands < 5 {
		t.Errorf("%d commands", commands)
	}
}

// Each command reads at most six files for one entity of a store of 100,000 datoms.
func TestDatahikePointLookups(t *testing.T) {
	dir := t.TempDir()
	store := "datahike:" + filepath.Join(dir, "people")
	w := datahiketest.New(datahike.FileName, datahike.CompareDatoms)
	datahiketest.People(w)
	if err := os.CopyFS(filepath.Join(dir, "people"), w.Files); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{`query|[:find ?age :where [31416 :person/age ?age]]`, "62"},
		{`query|[:find ?age :where [?e :person/name "name_31415"] [?e :person/age ?age]]`, "62"},
		{`query|[:find ?e :in $ ?n :where [?e :person/name ?n]]|"name_31415"`, "31416"},
		{`pull|[*]|31416`, `:person/name "name_31415"`},
		{`pull|[*]|[:person/name "name_31415"]`, `:person/name "name_31415"`},
		{`pull|[*]|person/name_31415`, `:person/age 62`},
	} {
		args := strings.Split(c.args, "|")
		args = append([]string{args[0], store}, append(args[1:], "--stats")...)
		var out, errs strings.Builder
		if code := run(t.Context(), args, stdio{strings.NewReader(""), &out, &errs}); code != 0 {
			t.Fatalf("%s: %s", c.args, errs.String())
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: got %q, want %q", c.args, out.String(), c.want)
		}
		_, told, _ := strings.Cut(errs.String(), store+": ")
		n, err := strconv.Atoi(strings.Fields(told + " none")[0])
		if err != nil || n == 0 || n > 6 {
			t.Errorf("%s: %s, want at most 6 files read", c.args, errs.String())
		}
		t.Log(c.args, n)
	}
	for _, path := range []string{"head/entities/person/name_31415/age"} {
		v, name, err := (&app{}).openView(t.Context(), parsePlace(store), path)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		if text, err := v.ReadFile(name); err != nil || string(text) != "62\n" || !v.direct {
			t.Errorf("%s: %q, %v", path, text, err)
		}
		if n := v.s.(inPlace).of.FilesRead(); n == 0 || n > 6 {
			t.Errorf("%s: %d files read, want at most 6", path, n)
		}
	}
}

// What lists commits, differences, counts and directories of a store of 100,000 datoms reads what it tells of, and a mount is there at once.
func TestDatahikeReadsWhatIsAsked(t *testing.T) {
	dir := t.TempDir()
	store := "datahike:" + filepath.Join(dir, "people")
	w := datahiketest.New(datahike.FileName, datahike.CompareDatoms)
	datahiketest.ManyTransactions(w, 3)
	if err := os.CopyFS(filepath.Join(dir, "people"), w.Files); err != nil {
		t.Fatal(err)
	}
	all := len(w.Files)
	for _, c := range []struct {
		args, want string
		most       int64
	}{
		{"stat", `(?m)^datoms\t100011$`, 12},
		{"log|-n|1", `(?m)^4\t.*\t2\t1\t0\tdatahike `, 20},
		{"log", `(?m)^1\t.*\tdatahike `, 270}, // of the first all datoms are counted
		{"show", `(?m)^-\t31416\t:person/age\t64`, 20},
		{"diff|@t2", `(?m)^\+\t31416\t:person/age\t63$`, 30},
		{"diff|@t2|--stat", `:person/age\s+1\s+1`, 30},
		{"branch", `(?m)^main\t4\t`, 10},
		{"ls|.", `(?m)^log.tsv$`, 20},
		{"ls|head/", `(?m)^entities$`, 25},
		{"ls|head/entities", `(?m)^person$`, 30},
		{"ls|head/attributes", `(?m)^person.name$`, 30},
		{"ls|at/t2/entities", `(?m)^person$`, 50},
		{"ls|head/entities/person", `(?m)^name_\+$`, 130}, // all names: half of one of three trees
		{"cat|at/t2/.changes.tsv", `(?m)^add\tperson/name_31415\t:person/age\t63$`, 60},
		{"log|person/name_31415|-n|1", `(?m)^4\t.*:person/age`, 20},
		{"datoms|eavt|31416", `65`, 6},
		{"schema", `person/name`, 14},
	} {
		args := strings.Split(c.args, "|")
		args = slices.Insert(args, 1, store)
		var out, errs strings.Builder
		n := int64(0)
		closedDatahike = func(files int64) { n += files }
		code := run(t.Context(), args, stdio{strings.NewReader(""), &out, &errs})
		if code != 0 && args[0] != "diff" {
			t.Errorf("%s: exit %d: %s", c.args, code, errs.String())
		}
		if !regexp.MustCompile(c.want).MatchString(out.String()) {
			t.Errorf("%s: %.1000s, want %s", c.args, out.String(), c.want)
		}
		closedDatahike = nil
		if n > c.most || n == 0 {
			t.Errorf("%s: %d files read of %d, want at most %d", c.args, n, all, c.most)
		}
		t.Log(c.args, n)
	}
}

// Paths of one entity are read in place, and are what the conversion shows: names, contents and times.
func TestDatahikePathsInPlace(t *testing.T) {
	for _, name := range []string{"small", "small-bf8", "crypto", "attrrefs", "fused-bf8"} {
		dir := t.TempDir()
		if err := unpacked(datahikeStores, name, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		p := parsePlace("datahike:" + filepath.Join(dir, name))
		whole, _, err := (&app{}).openView(t.Context(), p, ".")
		if err != nil {
			t.Fatal(err)
		}
		defer whole.Close()
		seen := 0
		for _, kind := range []string{"movie", "person", "_"} {
			entities, err := whole.ReadDir("head/entities/" + kind)
			if err != nil {
				continue
			}
			for _, e := range entities {
				if !strings.HasPrefix(e.Name(), ".") && !strings.HasSuffix(e.Name(), "+") {
					sameEntity(t, p, whole, "head/entities/"+kind+"/"+e.Name())
					seen++
				}
			}
		}
		if seen < 3 {
			t.Errorf("%s: %d entities", name, seen)
		}
	}
}

func sameEntity(t *testing.T, p place, whole *view, path string) {
	t.Helper()
	v, inside, err := (&app{}).openView(t.Context(), p, path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if !v.direct {
		t.Fatalf("%s is not read in place", path)
	}
	want, err := whole.ReadDir(path)
	got, err2 := v.ReadDir(inside)
	if err != nil || err2 != nil || len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%s: %v, want %v (%v, %v)", path, got, want, err2, err)
	}
	for i, e := range want {
		info, err := e.Info()
		info2, err2 := got[i].Info()
		if err != nil || err2 != nil || info.Name() != info2.Name() || info.Size() != info2.Size() || !info.ModTime().Equal(info2.ModTime()) {
			t.Errorf("%s: %v, want %v (%v, %v)", path, info2, info, err2, err)
		}
		text, err := whole.ReadFile(path + "/" + e.Name())
		text2, err2 := v.ReadFile(inside + "/" + e.Name())
		if (err == nil) != (err2 == nil) || string(text) != string(text2) {
			t.Errorf("%s/%s: %q, want %q (%v, %v)", path, e.Name(), text2, text, err2, err)
		}
	}
}
