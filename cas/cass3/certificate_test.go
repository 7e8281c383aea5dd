//go:build unix

package cass3

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
)

// TLS is as AWS's tools have it: a certificate is one that the system knows, or that SSL_CERT_FILE or AWS_CA_BUNDLE names; and it must be that of the host.
func TestTLS(t *testing.T) {
	server := servers.S3TLS(t)
	url := newURL(server)
	t.Setenv("AWS_CA_BUNDLE", server.CertFile())
	s := create(t, url, Options{Alone: true})
	chain := castest.Chain(61, 2)
	commitChain(t, s, chain, nil)
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("SSL_CERT_FILE", server.CertFile())
	wantWhole(t, again(t, url, Options{}), "heads/main", chain[1].CID(), -1)

	t.Setenv("SSL_CERT_FILE", "")
	other := httptest.NewUnstartedServer(nil)
	other.StartTLS()
	other.Close()
	dir := t.TempDir()
	stranger, none := filepath.Join(dir, "other.pem"), filepath.Join(dir, "none.pem")
	if err := errors.Join(os.WriteFile(stranger, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Certificate().Raw}), 0o600), os.WriteFile(none, []byte("nothing"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ url, bundle, hint string }{
		{url, "", "AWS_CA_BUNDLE=cert.pem"},
		{url, stranger, "AWS_CA_BUNDLE=cert.pem"},
		{strings.Replace(url, "localhost", "127.0.0.1", 1), server.CertFile(), "the name of the host"},
	} {
		t.Setenv("AWS_CA_BUNDLE", c.bundle)
		start := time.Now()
		_, err := Open(t.Context(), c.url, Options{Alone: true})
		var told interface{ Hint() string }
		if !errors.Is(err, cas.ErrUnavailable) || !errors.As(err, &told) || !strings.Contains(told.Hint(), c.hint) {
			t.Errorf("%s with %q: %v, want a hint with %q", c.url, c.bundle, err, c.hint)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it was tried over and over for %s", took)
		}
	}
	for _, bad := range []string{none, filepath.Join(dir, "missing.pem")} {
		t.Setenv("AWS_CA_BUNDLE", bad)
		if _, err := Open(t.Context(), url, Options{Alone: true}); err == nil || !strings.Contains(err.Error(), "AWS_CA_BUNDLE") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
