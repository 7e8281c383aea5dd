//go:build unix

package servers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// The keys of the owner of the S3 server.
const (
	S3AccessKey = "dhfs-test"
	S3SecretKey = "dhfs-test-secret"
)

// S3Server is a versitygw on loopback, over a directory.
type S3Server struct {
	*Server
	Address string // host:port, the same after each start
}

// S3 is the S3 server of this test binary, with a bucket "test" in which each test has prefixes of its own.
func S3(t testing.TB) S3Server {
	t.Helper()
	s := get(t, "s3")
	return S3Server{s, s.kind.(*s3).address}
}

// URL is that of a store in the bucket "test", which is not there yet.
func (s S3Server) URL(prefix string) string { return s.url(s.Server, prefix) }

// Dir is where the bucket "test" lies: an object is a file of its name.
func (s S3Server) Dir() string { return filepath.Join(s.dir, "data", "test") }

// Reader makes the keys of somebody who may list and read everything in the bucket "test", and nothing else.
func (s S3Server) Reader(t testing.TB) (access, secret string) {
	t.Helper()
	access, secret = "reader", "reader-secret"
	path, err := versitygw()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "admin", "--access", S3AccessKey, "--secret", S3SecretKey, "--endpoint-url", "http://"+s.Address,
		"create-user", "--access", access, "--secret", secret, "--role", "user").CombinedOutput()
	if err != nil && !strings.Contains(string(out), "already exists") {
		t.Fatalf("%v %s", err, out)
	}
	c, err := minio.New(s.Address, &minio.Options{Creds: credentials.NewStaticV4(S3AccessKey, S3SecretKey, ""), Region: "us-east-1"})
	if err == nil {
		err = c.SetBucketPolicy(t.Context(), "test", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["reader"]},
			"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::test", "arn:aws:s3:::test/*"]}]}`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return access, secret
}

// S3TLS is a server of its own that speaks TLS, with a certificate for localhost (CertFile).
func S3TLS(t testing.TB) S3Server {
	t.Helper()
	k := &s3{secure: true}
	s, err := start(k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return S3Server{s, k.address}
}

type s3 struct {
	address string
	secure  bool
}

// users is who runs the tests, since others may not look into where `go install` puts programs.
func (*s3) users() []string { return []string{"root"} }

// install makes the directories, and looks for a port, which will be free a moment later too, most likely.
func (k *s3) install(s *Server) error {
	for _, d := range []string{"iam", "data"} {
		path := filepath.Join(s.dir, d)
		if err := os.Mkdir(path, 0o777); err != nil {
			return err
		}
		if err := s.own(path); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	k.address = l.Addr().String()
	if err := l.Close(); err != nil || !k.secure {
		return err
	}
	k.address = strings.Replace(k.address, "127.0.0.1", "localhost", 1)
	return s.certify()
}

func (k *s3) run(s *Server) (*exec.Cmd, error) {
	path, err := versitygw()
	if err != nil {
		return nil, err
	}
	args := []string{"--port", strings.Replace(k.address, "localhost", "127.0.0.1", 1), "--access", S3AccessKey, "--secret", S3SecretKey,
		"--iam-dir", filepath.Join(s.dir, "iam"), "--keep-alive", "--quiet"}
	if k.secure {
		args = append(args, "--cert", s.CertFile(), "--key", filepath.Join(s.dir, "key.pem"))
	}
	return exec.Command(path, append(args, "posix", filepath.Join(s.dir, "data"))...), nil
}

// versitygw is where the program is that "go install" has made.
func versitygw() (string, error) {
	out, err := exec.Command("go", "env", "GOBIN", "GOPATH").Output()
	if err != nil {
		return "", err
	}
	places := strings.Split(string(out), "\n")
	return program("versitygw", places[0], filepath.Join(places[1], "bin"))
}

func (*s3) stopSignal() syscall.Signal { return syscall.SIGTERM }
func (*s3) quitSignal() syscall.Signal { return syscall.SIGTERM }

// ask makes sure that there is a bucket.
func (k *s3) ask(ctx context.Context, s *Server, _ ...string) error {
	o := &minio.Options{Creds: credentials.NewStaticV4(S3AccessKey, S3SecretKey, ""), Region: "us-east-1", MaxRetries: 1, Secure: k.secure}
	if k.secure {
		cert, err := os.ReadFile(s.CertFile())
		if err != nil {
			return err
		}
		trusted := x509.NewCertPool()
		trusted.AppendCertsFromPEM(cert)
		o.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, DisableKeepAlives: true}
	}
	c, err := minio.New(k.address, o)
	if err != nil {
		return err
	}
	err = c.MakeBucket(ctx, "test", minio.MakeBucketOptions{})
	if minio.ToErrorResponse(err).Code == "BucketAlreadyOwnedByYou" {
		return nil
	}
	return err
}

func (k *s3) url(_ *Server, prefix string) string {
	if k.secure {
		return fmt.Sprintf("s3://test/%s?endpoint=https://%s", prefix, k.address)
	}
	return fmt.Sprintf("s3://test/%s?endpoint=http://%s", prefix, k.address)
}
