//go:build linux

package sessions

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// question is one of questions.txt.
type question struct {
	text     string
	commands []string
	answer   []string
}

// TestTwentyQuestions is a program that meets a mount for the first time: it reads README.md and answers twenty questions
// with ls, cat, grep and query files. Which names it may use is checked: what README.md tells, and keys that it got to see.
func TestTwentyQuestions(t *testing.T) {
	list := questions(t)
	if len(list) != 20 {
		t.Fatalf("%d questions", len(list))
	}
	files := []string{asked(t, list), "../real/testdata/changes.edn"}
	tables, err := filepath.Glob("../data/northwind/*.csv")
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	play(t, "questions.sh", append(files, tables...), func(t *testing.T, out string) {
		parts := strings.Split(out, "\n? ")
		if len(parts) != len(list)+1 {
			t.Fatalf("%d answers", len(parts)-1)
		}
		readme := parts[0]
		for i, q := range list {
			said, answer, _ := strings.Cut(strings.TrimSuffix(parts[i+1], "\n"), "\n")
			if said != q.text {
				t.Fatalf("got the answer to %s", said)
			}
			if want := strings.Join(q.answer, "\n"); answer != want {
				t.Errorf("%s\ngot\n%s\nwant\n%s", q.text, answer, want)
			}
			for _, name := range unknown(readme, strings.Join(q.commands, "\n")) {
				t.Errorf("%s\nREADME.md does not tell of %s", q.text, name)
			}
		}
	})
}

// questions reads questions.txt.
func questions(t *testing.T) []question {
	t.Helper()
	text, err := os.ReadFile("testdata/questions.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []question
	for line := range strings.Lines(string(text)) {
		mark, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		last := len(list) - 1
		switch mark {
		case "?":
			list = append(list, question{text: rest})
		case "$":
			list[last].commands = append(list[last].commands, rest)
		case "=":
			list[last].answer = append(list[last].answer, rest)
		}
	}
	for _, q := range list {
		if len(q.commands) == 0 || len(q.answer) == 0 {
			t.Fatalf("no commands or no answer: %s", q.text)
		}
	}
	return list
}

// asked is a script that prints each question and what its commands print.
func asked(t *testing.T, list []question) string {
	t.Helper()
	var script strings.Builder
	for _, q := range list {
		fmt.Fprintf(&script, "printf '\\n? %%s\\n' '%s'\n%s\n", q.text, strings.Join(q.commands, "\n"))
	}
	name := filepath.Join(t.TempDir(), "asked.sh")
	if err := os.WriteFile(name, []byte(script.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

var (
	attributeNames = regexp.MustCompile(`:([a-z]+)/(\w+)|head/attributes/([a-z]+)\.(\w+)`)
	listedNames    = regexp.MustCompile(`head/entities/([a-z]+)(?:/[A-Z0-9*]+/(\w+))?`)
	dotNames       = regexp.MustCompile(`/(\.[a-z]+)`)
)

// unknown is the names of kinds and attributes, and of what is not listed, that commands use and the page does not tell.
func unknown(readme, commands string) []string {
	kinds := map[string][]string{}
	for _, line := range strings.Split(readme, "\n") {
		if kind, rest, ok := strings.Cut(strings.TrimPrefix(line, "- `"), "/` "); ok && strings.HasPrefix(line, "- `") {
			kinds[kind] = regexp.MustCompile(`\w+`).FindAllString(rest, -1)
		}
	}
	var missing []string
	check := func(kind, attribute string) {
		names, ok := kinds[kind]
		if !ok || attribute != "" && !slices.Contains(names, attribute) {
			missing = append(missing, kind+"/"+attribute)
		}
	}
	for _, m := range attributeNames.FindAllStringSubmatch(commands, -1) {
		check(m[1]+m[3], m[2]+m[4])
	}
	for _, m := range listedNames.FindAllStringSubmatch(commands, -1) {
		check(m[1], m[2])
	}
	for _, m := range dotNames.FindAllStringSubmatch(commands, -1) {
		if !strings.Contains(readme, " "+m[1]) && !strings.Contains(readme, "\n"+m[1]) {
			missing = append(missing, m[1])
		}
	}
	return missing
}

func TestUnknownNames(t *testing.T) {
	const readme = "- `order/` 3, key :order/id: id, customer→customer\n- `customer/` 1, key :customer/id: id, city\n\nin an entity .edn .json\n.changes.tsv"
	const commands = "cat head/entities/order/1/.json head/entities/customer/A/town head/.changes.tsv head/entities/order/1/.by/x\n" +
		"echo '[:find ?x :where [?o :order/customer ?c] [?c :customer/name ?x]]'; ls head/entities/orders head/attributes/customer.city"
	if got := fmt.Sprint(unknown(readme, commands)); got != "[customer/name customer/town orders/ .by]" {
		t.Error(got)
	}
}
