package fs

import (
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// This file holds what names in the tree mean, as functions of the names alone.

// resultName splits the name of a query's result, "orders.tsv", into the
// query's name and the format; ok is false for any other name.
func resultName(name string) (base, ext string, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return "", "", false
	}
	base, ext = name[:dot], name[dot+1:]
	switch ext {
	case "tsv", "csv", "json", "edn", "txt", "plan", "basis", "err":
		return base, ext, !scratchName(base)
	}
	return "", "", false
}

// scratchName tells the files that editors make for a moment: ".x.swp", "x~",
// "4913", "#x#". They work like any other but nothing is ever made of them.
func scratchName(name string) bool {
	switch {
	case name == "4913", strings.HasPrefix(name, "."), strings.HasSuffix(name, "~"):
		return true
	}
	return len(name) > 1 && name[0] == '#' && name[len(name)-1] == '#'
}

// diffName splits "a..b.tsv" into the two revs and the format.
func diffName(name string) (from, to, ext string, ok bool) {
	for _, ext := range []string{"tsv", "edn"} {
		revs, found := strings.CutSuffix(name, "."+ext)
		if !found {
			continue
		}
		from, to, found := strings.Cut(revs, "..")
		return revOf(from), revOf(to), ext, found && from != "" && to != ""
	}
	return "", "", "", false
}

// revOf undoes the escaping of a rev in a file name: a branch
// "feature/x" is written "feature%2Fx".
func revOf(name string) string {
	if rev, ok := engine.ParseFileName(name); ok {
		return rev
	}
	return name
}

// sourceName splits what a query names as a source, "hr@main", "hr" or
// "at/2026-09-30", into a database of the mount and a rev. An empty
// database is the one that the query directory belongs to.
func sourceName(s string) (db, rev string) {
	if rev, ok := strings.CutPrefix(s, "at/"); ok {
		return "", rev
	}
	db, rev, _ = strings.Cut(s, "@")
	return db, rev
}

// commitLink is the target of a link to a commit from a directory that lies
// depth levels below the database's directory.
func commitLink(depth int, id cid.Cid) string {
	return strings.Repeat("../", depth) + "commits/" + id.String()
}

// entityLink is the target of a link to an entity's directory from a directory
// that lies depth levels below the commit's directory.
func entityLink(depth int, home engine.Home) string {
	return strings.Repeat("../", depth) + "entities/" + home.String()
}

// homeName is the name under which an entity is listed outside of its kind.
func homeName(home engine.Home) string { return engine.FileName(home.String()) }

// splitHome reads the text of a ref: a kind and a name.
func splitHome(text string) (engine.Home, bool) {
	kind, name, ok := strings.Cut(text, "/")
	return engine.Home{Kind: kind, Name: name}, ok && kind != "" && name != "" && !strings.Contains(name, "/")
}
