//go:build unix

package cassql_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/test/servers"
)

// What a URL leaves out is in ~/.my.cnf, as for the mysql client: under [client], and under [dhfs] for us alone.
func TestOptionFile(t *testing.T) {
	server := servers.MariaDB(t)
	at, err := url.Parse(server.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(at.Path, "/")
	if err := server.Do("CREATE USER IF NOT EXISTS optioned IDENTIFIED BY 'ge;heim 7'", "GRANT ALL ON "+name+".* TO optioned"); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	file := filepath.Join(home, ".my.cnf")
	write := func(text string, mode os.FileMode) {
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	short := "mysql:///" + name
	lines := "# for all\n[client]\nuser = somebody\nsocket=" + at.Query().Get("socket") + "\npassword=\"ge;heim 7\"\n!includedir /nowhere\nno-beep\n[mysqld]\nsocket=/nowhere\n[dhfs]\nuser=optioned\nssl_mode=DISABLED\n"
	write(lines, 0o600)
	s, err := cassql.Create(t.Context(), short)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var user string
	if err := s.DB().QueryRowContext(t.Context(), "SELECT CURRENT_USER()").Scan(&user); err != nil || !strings.HasPrefix(user, "optioned@") {
		t.Errorf("the user is %s, %v", user, err)
	}
	write(lines, 0o602) // anybody could have written that
	if _, err := cassql.Open(t.Context(), short); err == nil {
		t.Error("a file that all may write was believed")
	}
	write(strings.Replace(lines, "heim 7", "heim 8", 1), 0o600)
	if _, err := cassql.Open(t.Context(), short); err == nil || strings.Contains(err.Error(), "heim") {
		t.Errorf("a wrong password: %v", err)
	}
	t.Setenv("MYSQL_PWD", "ge;heim 7") // which the file goes before
	if _, err := cassql.Open(t.Context(), short); err == nil {
		t.Error("the environment went before the file")
	}
	if other, err := cassql.Open(t.Context(), "mysql://optioned:ge%3Bheim%207@/"+name); err != nil {
		t.Errorf("the URL goes before the file: %v", err)
	} else {
		other.Close()
	}
}
