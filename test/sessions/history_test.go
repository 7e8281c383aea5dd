//go:build linux

package sessions

import (
	"strings"
	"testing"
)

// TestHistoryOfARepository imports the history of a git repository and asks for what git log tells too.
func TestHistoryOfARepository(t *testing.T) {
	play(t, "history.sh", nil, func(t *testing.T, out string) {
		parts := sections(out)
		for _, what := range []string{"commits", "together", "lines of a person"} {
			ours, gits := parts[what+", as the database has them"], parts[what+", as git has them"]
			if strings.Count(gits, "\n") < 2 && what != "lines of a person" || gits == "" {
				t.Fatalf("%s: git says %q", what, gits)
			}
			lines(t, ours, gits)
		}
		lines(t, parts[""], "git:repo: 11 commits up to ID\ngit:repo: "+datoms(parts[""])+" datoms written in 11 transactions, t 11\n")
		lines(t, parts["renamed"], "api/client.go\tapi/caller.go\tside: a new name\n")
		if days := strings.Fields(parts["as of a day"]); len(days) != 2 || days[0] != days[1] || days[0] != "9" {
			t.Errorf("on a day: %q", days)
		}
		lines(t, parts["again, and one more"], "git:repo: 11 commits up to ID\ngit:repo: 0 datoms written in 0 transactions, t 11\ngit:repo@main: 12 commits up to ID\ngit:repo@main: N datoms written in 1 transaction\n")
	})
}

// sections is what a session printed behind each line that begins with ==; what came before has no name.
func sections(out string) map[string]string {
	parts := map[string]string{}
	name := ""
	for line := range strings.Lines(out) {
		if head, ok := strings.CutPrefix(line, "== "); ok {
			name = strings.TrimSuffix(head, "\n")
			continue
		}
		parts[name] += line
	}
	return parts
}

// datoms is the number that an import reports.
func datoms(report string) string {
	_, rest, _ := strings.Cut(report, "ID\ngit:repo: ")
	n, _, _ := strings.Cut(rest, " ")
	return n
}
