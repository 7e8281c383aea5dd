//go:build unix

package servers

import (
	"context"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

type postgres struct{}

// postgresPlaces are where systems keep what is not in PATH.
var postgresPlaces = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"}

func (postgres) users() []string { return []string{"postgres"} }

// install makes the owner dhfs, who needs no password; all others need one.
func (postgres) install(s *Server) error {
	initdb, err := program("initdb", postgresPlaces...)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if err := s.do(initdb, "-D", data, "-A", "trust", "-U", "dhfs", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte("local all dhfs trust\nlocal all all scram-sha-256\n"), 0o600)
}

func (postgres) run(s *Server) (*exec.Cmd, error) {
	path, err := program("postgres", postgresPlaces...)
	if err != nil {
		return nil, err
	}
	args := []string{"-D", filepath.Join(s.dir, "data"), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + s.dir}
	return exec.Command(path, append(args, s.options...)...), nil
}

func (postgres) stopSignal() syscall.Signal { return syscall.SIGINT }
func (postgres) quitSignal() syscall.Signal { return syscall.SIGQUIT }

func (k postgres) ask(ctx context.Context, s *Server, statements ...string) error {
	return ask(ctx, "pgx", k.url(s, "postgres"), statements...)
}

func (postgres) url(s *Server, database string) string {
	return "postgres://dhfs@/" + database + "?host=" + strings.ReplaceAll(s.dir, "/", "%2F")
}

// postgresTLS is one that speaks TLS on a port of loopback too.
type postgresTLS struct {
	postgres
	port string
}

// PostgresTLS is a PostgreSQL of its own with a certificate for localhost (CertFile). The URLs of its databases are on localhost.
func PostgresTLS(t testing.TB) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	s, err := start(postgresTLS{port: port}, "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "port="+port,
		"-c", "ssl=on", "-c", "ssl_cert_file=../cert.pem", "-c", "ssl_key_file=../key.pem")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return s
}

func (k postgresTLS) install(s *Server) error {
	err := k.postgres.install(s)
	if err == nil {
		err = s.certify()
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "data", "pg_hba.conf"), []byte("host all dhfs 127.0.0.1/32 trust\n"), 0o600)
}

func (k postgresTLS) url(_ *Server, database string) string {
	return "postgres://dhfs@localhost:" + k.port + "/" + database + "?connect_timeout=10"
}

func (k postgresTLS) ask(ctx context.Context, s *Server, statements ...string) error {
	return ask(ctx, "pgx", k.url(s, "postgres"), statements...)
}

// ask runs statements, or looks whether the server answers.
func ask(ctx context.Context, driver, dsn string, statements ...string) error {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// InPostgres runs statements in the database at a URL.
func InPostgres(url string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	return ask(ctx, "pgx", url, statements...)
}
