package lang

// maxWritten bounds the names that are compared with others.
const maxWritten = 100

// Nearest is the one of names that is most like the one written: at most a
// third of its characters away. It is "" when none is that near.
func Nearest(written string, names []string) string {
	if len(written) > maxWritten {
		return ""
	}
	best, least := "", len([]rune(written))/3+1
	for _, name := range names {
		if d := distance([]rune(written), []rune(name)); d < least || d == least && best != "" && name < best {
			best, least = name, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func distance(a, b []rune) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
