package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNetrc(t *testing.T) {
	file := filepath.Join(t.TempDir(), "netrc")
	t.Setenv("NETRC", file)
	if user, _, err := fromNetrc("https://example.org/shop"); user != "" || err != nil {
		t.Errorf("without a file: %q, %v", user, err)
	}
	if err := os.WriteFile(file, []byte("machine other.org login o password x\nmachine example.org\n login me password s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if user, password, err := fromNetrc("https://example.org:8443/shop"); user != "me" || password != "s3cret" || err != nil {
		t.Errorf("%q, %q, %v", user, password, err)
	}
	if user, _, err := fromNetrc("https://elsewhere.org/shop"); user != "" || err != nil {
		t.Errorf("another host: %q, %v", user, err)
	}
	if got := shown("https://me:s3cret@example.org/shop"); strings.Contains(got, "s3cret") {
		t.Errorf("shown as %s", got)
	}
}
