//go:build unix

package cassql_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/test/servers"
)

// The parameters of MySQL's tools for TLS mean here what they mean there.
func TestMySQLTLS(t *testing.T) {
	server := servers.MariaDB(t)
	base := server.Database(t)
	create(t, base)
	ca := server.CertFile()
	other := otherAuthority(t)
	checkTLS(t, []tlsCase{
		{"", "ssl-mode=DISABLED", false, ""},
		{"", "ssl-mode=PREFERRED", true, ""},
		{"", "ssl-mode=REQUIRED", true, ""},
		{"else.where", "ssl-mode=VERIFY_CA&ssl-ca=" + ca, true, ""},
		{"else.where", "ssl-mode=VERIFY_CA&ssl-ca=" + other, true, "certificate"},
		{"localhost", "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + ca, true, ""},
		{"else.where", "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + ca, true, "certificate"},
		{"else.where", "ssl-ca=" + ca, true, "certificate"},
		{"localhost", "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + other, true, "certificate"},
		{"localhost", "ssl-mode=VERIFY_IDENTITY", true, "certificate"},
	}, func(c tlsCase) string {
		return strings.Replace(base, "@/", "@"+c.host+"/", 1) + "&" + c.parameters
	}, "SELECT VARIABLE_VALUE <> '' FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'SSL_CIPHER'")
}

// The parameters of PostgreSQL's tools for TLS mean here what they mean there.
func TestPostgresTLS(t *testing.T) {
	server := servers.PostgresTLS(t)
	base := server.Database(t)
	create(t, base)
	ca, other := server.CertFile(), otherAuthority(t)
	checkTLS(t, []tlsCase{
		{"localhost", "sslmode=disable", false, ""},
		{"localhost", "sslmode=prefer", true, ""},
		{"localhost", "sslmode=require", true, ""},
		{"127.0.0.1", "sslmode=verify-ca&sslrootcert=" + ca, true, ""},
		{"localhost", "sslmode=verify-ca&sslrootcert=" + other, true, "certificate"},
		{"localhost", "sslmode=verify-full&sslrootcert=" + ca, true, ""},
		{"127.0.0.1", "sslmode=verify-full&sslrootcert=" + ca, true, "certificate"},
		{"localhost", "sslmode=verify-full", true, "certificate"},
	}, func(c tlsCase) string {
		return strings.Replace(base, "@localhost", "@"+c.host, 1) + "&" + c.parameters
	}, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
}

// tlsCase is how a server is reached, and whether that is encrypted or what the failure is about.
type tlsCase struct {
	host, parameters string
	encrypted        bool
	fails            string
}

// checkTLS opens a store by each URL, and asks the server whether the connection is encrypted.
func checkTLS(t *testing.T, cases []tlsCase, url func(tlsCase) string, query string) {
	t.Helper()
	for _, c := range cases {
		s, err := cassql.Open(t.Context(), url(c))
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s with %s: %v, want an error about the %s", c.host, c.parameters, err, c.fails)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s with %s: %v", c.host, c.parameters, err)
			continue
		}
		var encrypted bool
		if err := s.DB().QueryRowContext(t.Context(), query).Scan(&encrypted); err != nil || encrypted != c.encrypted {
			t.Errorf("%s: encrypted %v, %v", c.parameters, encrypted, err)
		}
		s.Close()
	}
}

// otherAuthority is a certificate that signed nothing here.
func otherAuthority(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	path := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
