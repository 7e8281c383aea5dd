package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/fs"
)

// inShell runs a script in dir and returns what it prints.
func inShell(dir, script string) (string, error) {
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// mountShop mounts the database shop of dir on its mnt until stop is called, which returns what the server said.
// Under the race detector the server, which is this binary, runs under it too.
func mountShop(t *testing.T, dir string) (stop func() string) {
	t.Helper()
	server, said := startMount(t, dir)
	return func() string {
		server.Process.Signal(os.Interrupt)
		if err := server.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
		return said.String()
	}
}

// startMount is mountShop for whoever needs the process.
func startMount(t *testing.T, dir string) (server *exec.Cmd, said *bytes.Buffer) {
	t.Helper()
	said = &bytes.Buffer{}
	server = exec.Command("dhfs", "mount", "shop", "mnt")
	server.Dir, server.Stderr = dir, said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if answers(filepath.Join(dir, "mnt")) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return server, said
}

// TestCrowd walks a mount from fifty processes at once while another process commits ten times a second.
func TestCrowd(t *testing.T) {
	for _, f := range fs.CheckMounting() {
		if f.State == fs.Problem {
			t.Skip(f.Says)
		}
	}
	data, err := filepath.Abs("../../test/data/shop/customers.csv")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := inShell(dir, "mkdir mnt; dhfs import shop "+data+" --as customer --key id"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	stop := mountShop(t, dir)
	const city = "entities/customer/ALFKI/city"
	// A shell that is in head, and a file that is open, stay where they are; the look-up of head moves on.
	stays := exec.Command("bash", "-euc", "cd mnt/head; exec 3<"+city+"; echo ready; read _; cat <&3; cat "+city+"; tail -n +1 $OLDPWD/mnt/head/"+city)
	stays.Dir = dir
	stays.Stderr = os.Stderr
	release, _ := stays.StdinPipe()
	printed, _ := stays.StdoutPipe()
	if err := stays.Start(); err != nil {
		t.Fatal(err)
	}
	stayed := bufio.NewReader(printed)
	if line, err := stayed.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the shell that is to stay: %q %v", line, err)
	}

	var walkers sync.WaitGroup
	for i := range 50 {
		walk, want := "find mnt/head/entities/customer -name city | wc -l", "91\n"
		switch i % 5 {
		case 1:
			walk, want = "grep -rl . mnt/head/entities/customer --include=id | wc -l", "91\n"
		case 2:
			walk, want = "cat mnt/head/entities/customer/*/id | sort -u | wc -l", "91\n"
		case 3:
			walk, want = "ls -lR mnt/at/t1/entities | grep -c city", "91\n"
		case 4:
			walk, want = "diff -rq mnt/at/t1/entities mnt/head/entities | grep -vc ALFKI || true", "0\n"
		}
		walkers.Go(func() {
			if out, err := inShell(dir, walk+"; "+walk); out != want+want || err != nil {
				t.Errorf("%s: %v %s", walk, err, out)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		walkers.Wait()
		close(done)
	}()
	commits := 0
	for walking := true; walking || commits < 10; commits++ {
		out, err := inShell(dir, fmt.Sprintf("dhfs set shop customer/ALFKI city=City%d; cat mnt/head/%s", commits, city))
		if err != nil || !strings.HasSuffix(out, fmt.Sprintf("\nCity%d\n", commits)) {
			t.Errorf("commit %d: %v %s", commits, err, out)
		}
		select {
		case <-done:
			walking = false
		case <-time.After(50 * time.Millisecond): // with the commit's own time, ten a second
		}
	}
	fmt.Fprintln(release)
	release.Close()
	got, err := io.ReadAll(stayed)
	if want := fmt.Sprintf("Berlin\nBerlin\nCity%d\n", commits-1); string(got) != want || err != nil {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
	stays.Wait()
	if said := stop(); strings.Contains(said, "DATA RACE") || strings.Contains(said, "panic") {
		t.Error(said)
	}
	if out, err := inShell(dir, "dhfs verify shop"); err != nil {
		t.Errorf("%v %s", err, out)
	}
}
