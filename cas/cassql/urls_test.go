//go:build unix

package cassql_test

import (
	"fmt"
	"strings"
)

// withPrefix is the URL of the nth store in a database.
func withPrefix(url string, n int) string {
	if strings.Contains(url, "://") {
		return fmt.Sprintf("%s&dhfs=store%d", url, n)
	}
	return fmt.Sprintf("%s?dhfs=store%d", url, n)
}
