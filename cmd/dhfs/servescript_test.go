package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// serve [NAME=VALUE…] ARG… runs dhfs serve on a free port and sets URL to that of the first database. It ends with the script, or by unserve.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	var env []string
	for len(args) > 0 && strings.HasPrefix(args[0], "DHFS_") {
		env, args = append(env, args[0]), args[1:]
	}
	exe, err := exec.LookPath("dhfs")
	ts.Check(err)
	background(ts, env, `(\S+://\S+/)`, exe, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
}

// certificate CERT KEY makes a certificate for this machine, which nobody has signed.
func certificate(ts *testscript.TestScript, _ bool, args []string) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
}

// static DIR has Python's server of static files serve a directory, and sets URL to it.
func static(ts *testscript.TestScript, _ bool, args []string) {
	background(ts, nil, `\((http://\S+)\)`, "python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", ts.MkAbs(args[0]))
}

// background starts a server and waits for the line that tells its URL.
func background(ts *testscript.TestScript, env []string, pattern, name string, args ...string) {
	cmd := exec.Command(name, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), append([]string{"HOME=" + ts.Getenv("HOME"), "XDG_STATE_HOME=" + filepath.Join(cmd.Dir, ".state")}, env...)...)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ended := make(chan struct{})
	ts.Value(started{}).(*started).last = served{cmd, ended}
	ts.Defer(func() { cmd.Process.Kill(); <-ended })
	url := make(chan string, 1)
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := regexp.MustCompile(pattern).FindStringSubmatch(lines.Text()); m != nil {
				select {
				case url <- strings.TrimSuffix(m[1], "/"):
				default:
				}
			}
		}
		cmd.Wait()
		close(url)
	}()
	select {
	case u, ok := <-url:
		if !ok {
			ts.Fatalf("%s ended before it served", name)
		}
		ts.Setenv("URL", u)
	case <-time.After(30 * time.Second):
		ts.Fatalf("%s tells no URL", name)
	}
}

type served struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// started is what a script has started.
type started struct{ last served }

// unserve interrupts the server that was started last, which must end by itself without an error.
func unserve(ts *testscript.TestScript, _ bool, _ []string) {
	last := ts.Value(started{}).(*started).last
	ts.Check(last.cmd.Process.Signal(os.Interrupt))
	select {
	case <-last.ended:
	case <-time.After(20 * time.Second):
		ts.Fatalf("the server does not end")
	}
	if !last.cmd.ProcessState.Success() {
		ts.Fatalf("the server ended with %s", last.cmd.ProcessState)
	}
}

// http METHOD URL [-H 'NAME: VALUE']... [BODY] prints the status, the type and the body of the answer; a body that begins with @ is that of a file. The token is that of DHFS_TOKEN.
func httpRequest(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: http METHOD URL [-H 'NAME: VALUE']... [BODY]")
	}
	method, url, rest := args[0], args[1], args[2:]
	head := http.Header{}
	if token := ts.Getenv("DHFS_TOKEN"); token != "" {
		head.Set("Authorization", "Bearer "+token)
	}
	for len(rest) > 1 && rest[0] == "-H" {
		name, value, _ := strings.Cut(rest[1], ": ")
		head.Set(name, value)
		rest = rest[2:]
	}
	body := strings.Join(rest, "")
	if name, ok := strings.CutPrefix(body, "@"); ok {
		body = ts.ReadFile(name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	ts.Check(err)
	req.Header = head
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n%s\n", res.StatusCode, res.Header.Get("Content-Type"), answer)
}
