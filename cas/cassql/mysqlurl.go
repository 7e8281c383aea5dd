package cassql

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"os/user"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// parseMySQL reads mysql://user@host:port/database?socket=PATH&ssl-mode=…, the form and the parameters of MySQL's own tools; all other
// parameters are the driver's. What the URL leaves out is taken from ~/.my.cnf, and then from MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_UNIX_PORT and MYSQL_PWD.
func parseMySQL(u *url.URL, p *place) error {
	options, err := optionFile()
	if err != nil {
		return err
	}
	p.secrets = append(p.secrets, options["password"])
	q := u.Query()
	own := map[string]string{}
	for _, name := range []string{"socket", "ssl-mode", "ssl-ca", "ssl-cert", "ssl-key"} {
		if own[name] = q.Get(name); name != "socket" {
			own[name] = cmp.Or(own[name], options[name])
		}
		q.Del(name)
	}
	config, err := mysql.ParseDSN("/?" + strings.ReplaceAll(q.Encode(), "+", "%20"))
	if err != nil {
		return err
	}
	password, given := u.User.Password()
	if !given {
		password = cmp.Or(options["password"], os.Getenv("MYSQL_PWD"))
	}
	p.secrets = append(p.secrets, password)
	config.User, config.Passwd, config.DBName = cmp.Or(u.User.Username(), options["user"], userName()), password, strings.TrimPrefix(u.Path, "/")
	if config.DBName == "" {
		return errors.New("it names no database: mysql://user@host/DATABASE")
	}
	host := cmp.Or(u.Hostname(), options["host"], os.Getenv("MYSQL_HOST"))
	if own["socket"] == "" && u.Host == "" && (host == "" || host == "localhost") {
		own["socket"] = options["socket"]
		if host == "" {
			own["socket"] = cmp.Or(own["socket"], os.Getenv("MYSQL_UNIX_PORT"))
		}
	}
	config.Net, config.Addr = addressOf(host, cmp.Or(u.Port(), options["port"], os.Getenv("MYSQL_TCP_PORT"), "3306"), own["socket"])
	if own["ssl-mode"] != "" || own["ssl-ca"] != "" || own["ssl-cert"] != "" {
		if err := setTLS(config, host, own); err != nil {
			return err
		}
	}
	config.Timeout = cmp.Or(config.Timeout, connectWithin)
	config.ClientFoundRows = true // a ref that is moved to where it points was found, though nothing changes
	config.InterpolateParams = true
	config.Logger = log.New(io.Discard, "", 0) // errors are returned
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	p.dialect, p.connector = mysqlDB{}, mysqlConnector{connector}
	return nil
}

func addressOf(host, port, socket string) (network, address string) {
	if socket != "" {
		return "unix", socket
	}
	return "tcp", net.JoinHostPort(cmp.Or(host, "localhost"), port)
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// setTLS translates the parameters of MySQL's tools.
func setTLS(config *mysql.Config, host string, own map[string]string) error {
	t := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if path := own["ssl-ca"]; path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("ssl-ca: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("ssl-ca: there is no certificate in %s", path)
		}
	}
	if path := own["ssl-cert"]; path != "" {
		pair, err := tls.LoadX509KeyPair(path, own["ssl-key"])
		if err != nil {
			return fmt.Errorf("ssl-cert, ssl-key: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	switch mode := strings.ToUpper(own["ssl-mode"]); mode {
	case "DISABLED":
		return nil
	case "PREFERRED":
		config.AllowFallbackToPlaintext = true
		t.InsecureSkipVerify = true
	case "REQUIRED":
		t.InsecureSkipVerify = true
	case "VERIFY_CA":
		t.InsecureSkipVerify = true // of the name only: the chain is verified here
		t.VerifyConnection = chainVerifier(t.RootCAs)
	case "VERIFY_IDENTITY", "":
	default:
		return fmt.Errorf("ssl-mode %s: want DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY", mode)
	}
	config.TLS = t
	return nil
}

// chainVerifier verifies a server's certificate, but not for which host it is.
func chainVerifier(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		between := x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		return err
	}
}
