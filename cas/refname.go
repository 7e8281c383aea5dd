package cas

import (
	"fmt"
	"strings"
)

// MaxRefName is the length of the longest ref name, in bytes.
const MaxRefName = 200

// CheckRefName tells whether name can name a ref: segments of [A-Za-z0-9._-]
// joined by "/", none of them empty or with a dot in front, no two dots
// together, MaxRefName bytes at most. Every store checks the names that it is
// given with it, so that a name that one store takes can be copied to any other.
func CheckRefName(name string) error {
	if len(name) > MaxRefName {
		return fmt.Errorf("ref name %.20q… is %d bytes long: at most %d", name, len(name), MaxRefName)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if fault := segmentFault(segment); fault != "" {
			return fmt.Errorf("ref name %q has %s: try a name like heads/main", name, fault)
		}
	}
	return nil
}

func segmentFault(segment string) string {
	if segment == "" {
		return "an empty part"
	}
	if segment[0] == '.' {
		return "a dot in front of a part"
	}
	if strings.Contains(segment, "..") {
		return "two dots together"
	}
	for _, r := range segment {
		if !refNameRune(r) {
			return fmt.Sprintf("the character %q, which is none of A-Z a-z 0-9 . _ -", r)
		}
	}
	return ""
}

func refNameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '_' || r == '-'
}
