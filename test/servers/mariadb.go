//go:build unix

package servers

import (
	"context"
	"io"
	"log"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

type mariaDB struct{}

var mariaDBPlaces = []string{"/usr/sbin", "/usr/bin", "/usr/libexec", "/opt/homebrew/opt/mariadb*/bin"}

func (mariaDB) users() []string { return []string{"mysql"} }

func (mariaDB) install(s *Server) error {
	install, err := program("mariadb-install-db", mariaDBPlaces...)
	if err != nil {
		return err
	}
	if err := s.certify(); err != nil {
		return err
	}
	return s.do(install, "--no-defaults", "--datadir="+filepath.Join(s.dir, "data"), "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
}

func (mariaDB) run(s *Server) (*exec.Cmd, error) {
	path, err := program("mariadbd", mariaDBPlaces...)
	if err != nil {
		return nil, err
	}
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(s.dir, "data"), "--socket=" + filepath.Join(s.dir, "s.sock"), "--skip-networking",
		"--ssl-cert=" + s.CertFile(), "--ssl-key=" + filepath.Join(s.dir, "key.pem"), "--pid-file=" + filepath.Join(s.dir, "pid")}
	return exec.Command(path, append(args, s.options...)...), nil
}

func (mariaDB) stopSignal() syscall.Signal { return syscall.SIGTERM }
func (mariaDB) quitSignal() syscall.Signal { return syscall.SIGKILL }

func (mariaDB) ask(ctx context.Context, s *Server, statements ...string) error {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "unix", filepath.Join(s.dir, "s.sock")
	_ = mysql.SetLogger(log.New(io.Discard, "", 0)) // a server that begins is asked until it answers
	return ask(ctx, "mysql", config.FormatDSN(), statements...)
}

func (mariaDB) url(s *Server, database string) string {
	return "mysql://root@/" + database + "?socket=" + filepath.Join(s.dir, "s.sock")
}
