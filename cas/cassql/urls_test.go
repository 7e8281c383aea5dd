package cassql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas/cassql"
)

// withPrefix is the URL of the nth store in a database.
func withPrefix(url string, n int) string {
	if strings.Contains(url, "://") {
		return fmt.Sprintf("%s&dhfs=store%d", url, n)
	}
	return fmt.Sprintf("%s?dhfs=store%d", url, n)
}

func TestShownAndName(t *testing.T) {
	for _, c := range []struct{ url, shown, name string }{
		{"postgres://ann:geheim@host:5432/shop?sslmode=require", "postgres://ann@host:5432/shop?sslmode=require", "shop"},
		{"postgres://host/shop?user=ann&password=geheim&dhfs=other", "postgres://host/shop?user=ann&dhfs=other", "other"},
		{"postgresql://ann:ge@heim/x@host/shop", "postgresql://ann@host/shop", "shop"},
		{"mysql://ann:12?geheim@host/shop", "mysql://ann@host/shop", ""},
		{"mysql://ann:geheim@/shop?socket=/run/s.sock&dhfs=dhfs", "mysql://ann@/shop?socket=/run/s.sock&dhfs=dhfs", "shop"},
		{"postgres:ann:geheim@host", "postgres:…", ""},
		{"sqlite:dir/shop.db", "sqlite:dir/shop.db", "shop.db"},
		{"sqlite:dir/shop.db?dhfs=two", "sqlite:dir/shop.db?dhfs=two", "two"},
	} {
		if got := cassql.Shown(c.url); got != c.shown {
			t.Errorf("Shown(%s) = %s, want %s", c.url, got, c.shown)
		}
		if got := cassql.Name(c.url); c.name != "" && got != c.name {
			t.Errorf("Name(%s) = %s, want %s", c.url, got, c.name)
		}
	}
}

// Whatever is wrong with a URL or a server, no password is in the error.
func TestSecrets(t *testing.T) {
	t.Setenv("PGPASSWORD", "geheim-5")
	t.Setenv("MYSQL_PWD", "geheim-6")
	for _, url := range []string{
		"postgres://ann:geheim-1@127.0.0.1:1/shop",
		"postgres://ann:geheim-1%zz@host/shop",
		"postgres://ann:geheim-1#x@host/shop",
		"postgres://ann:12/geheim@host/shop",
		"postgres://ann:geheim-1@host/shop?sslmode=nonsense",
		"postgres://ann@127.0.0.1:1/shop?password=geheim-2",
		"postgres://ann:geheim-1@127.0.0.1:1/shop?dhfs=No",
		"postgres://ann@127.0.0.1:1/shop",
		"mysql://ann:geheim-1@127.0.0.1:1/shop",
		"mysql://ann:geheim-1@127.0.0.1:1/shop?timeout=nonsense",
		"mysql://ann:geheim-1@127.0.0.1:1/shop?ssl-mode=nonsense",
		"mysql://ann:geheim-1@127.0.0.1:1/",
		"mysql://ann:12?geheim@host/shop",
		"mysql://ann:ge%20heim-1@[::1/shop",
		"mysql://ann@127.0.0.1:1/shop?ssl-ca=/none",
		"mysql://ann@127.0.0.1:1/shop",
		"oracle://ann:geheim-1@host/shop",
	} {
		_, err := cassql.Open(t.Context(), url)
		if err == nil {
			t.Errorf("%s was opened", url)
		} else if strings.Contains(err.Error(), "heim") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}
