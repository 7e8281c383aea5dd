package queries

import "strings"

// Time is what :sources says of a database's past.
type Time struct {
	History bool   // all that was added and retracted: "history", "history/hr@main", "history/since/REV"
	Since   string // a revision, "" for none: only what came after it: "since/REV"
}

// CutTime parts what :sources says of a name into its time and where the database is found, which may be nothing.
func CutTime(where string) (t Time, place string) {
	rest, ok := strings.CutPrefix(where, "history")
	if ok && (rest == "" || rest[0] == '/') {
		t.History, where = true, strings.TrimPrefix(rest, "/")
	}
	if rev, ok := strings.CutPrefix(where, "since/"); ok {
		t.Since, where = rev, ""
	}
	return t, where
}

// String is the text that CutTime reads.
func (t Time) String() string {
	var parts []string
	if t.History {
		parts = append(parts, "history")
	}
	if t.Since != "" {
		parts = append(parts, "since/"+t.Since)
	}
	return strings.Join(parts, "/")
}
