//go:build unix

package cass3

import (
	"fmt"
	"os"
	"testing"

	"github.com/dhfs/dhfs/test/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

// newURL is that of a store that is not there yet.
func newURL(g servers.S3Server) string { return g.URL(fmt.Sprintf("store-%d", prefixes.Add(1))) }
