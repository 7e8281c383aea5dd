//go:build linux

package sessions

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

// oddKeys are keys of which careless programs make something else.
var oddKeys = []string{
	"", " ", "a b", " lead", "trail ", "two  blanks", "tab\there", "new\nline", "\n", "cr\r", "\x01\x1b[31m", "\x7f", "a\x00b",
	"-rf", "--help", "-", "*", "?", "[a-z]", "{a,b}", "~", "~root", "$HOME", "$(id)", "`id`", "'single'", `"double"`, `back\slash`, `a\nb`, "!", "#x#", "x~", ";", "&", "|", "<>",
	".", "..", "...", ".hidden", "..%2F..", "/", "//", "a/../../b", "/etc/passwd", "%", "%%", "%2F", "%0A", "100%", "a+", "+", "C:", "nul.txt", "key",
	"é", "e\u0301", "🙂", "👩‍👩‍👧", "\u202egnp.exe", "\ufeffmark", "\u0085", "\u00a0", "日本語", strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("長", 100), strings.Repeat("%", 70), strings.Repeat("/", 67),
}

// TestOddNames has a thing for each odd key.
func TestOddNames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "odd.edn")
	if err := os.WriteFile(file, oddThings(), 0o644); err != nil {
		t.Fatal(err)
	}
	play(t, "names.sh", []string{file}, func(t *testing.T, out string) { lines(t, out, oddSession()) })
}

// oddThings is tx data: every key twice in its thing, and bytes that are no text.
func oddThings() []byte {
	out := []byte(`[{:db/ident :thing/key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :thing/says :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
 {:db/ident :thing/raw :db/valueType :db.type/bytes :db/cardinality :db.cardinality/one}
 {:db/ident :thing/next :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}]
[`)
	for i, key := range oddKeys {
		out = fmt.Appendf(out, "{:db/id %q :thing/key %s :thing/says [%[2]s \"needle\"] :thing/next \"n%d\"}\n", fmt.Sprint("n", i), edn.MakeString(key), (i+1)%len(oddKeys))
	}
	return append(out, `{:db/id "n0" :thing/raw #bytes "00ff0afe80"}]`...)
}

// oddSession is what names.sh prints.
func oddSession() string {
	n := len(oddKeys)
	var texts, says []string
	for _, key := range oddKeys {
		texts = append(texts, base64.StdEncoding.EncodeToString([]byte(key+"\n")))
		says = append(says, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(key))
	}
	says = append(says, "needle")
	slices.Sort(texts)
	slices.Sort(says)
	dashes := 0
	for _, key := range oddKeys {
		if strings.HasPrefix(key, "-") {
			dashes++
		}
	}
	return fmt.Sprintf(`== find
%[1]d
%[2]s
== globs
%[1]d
%[3]d
0
== grep
%[1]d
%[4]s
 00 ff 0a fe 80
== names that are none
File name too long
== copies
same
same
same
same
== restored
      1 
      2 
the same root
the same files
== queries with such names
8
`, n, strings.Join(texts, "\n"), dashes, strings.Join(slices.Compact(says), "\n"))
}
