//go:build unix

package servers

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

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
