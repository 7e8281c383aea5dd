package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal from the side of the person at it.
type terminal struct {
	t       *testing.T
	control *os.File

	mu    sync.Mutex
	shown bytes.Buffer
}

// openTerminal also returns the side of the programs.
func openTerminal(t *testing.T) (*terminal, *os.File) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { control.Close() })
	n, err := unix.IoctlGetInt(int(control.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(control.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	inside, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inside.Close() })
	w := &terminal{t: t, control: control}
	go io.Copy(w, control)
	return w, inside
}

func (w *terminal) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shown.Write(p)
}

func (w *terminal) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shown.String()
}

// echoes tells whether the terminal shows what is typed.
func (w *terminal) echoes() bool {
	w.t.Helper()
	state, err := unix.IoctlGetTermios(int(w.control.Fd()), unix.TCGETS)
	if err != nil {
		w.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// await waits until something holds.
func (w *terminal) await(what string, holds func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: not within a minute; the terminal shows %q", what, w.text())
		}
	}
}

// asked waits for the nth question for the passphrase, and until the terminal no longer shows what is typed.
func (w *terminal) asked(n int) {
	w.t.Helper()
	w.await(fmt.Sprint("question ", n), func() bool {
		return strings.Count(w.text(), "passphrase of locked: ") == n && !w.echoes()
	})
}

func (w *terminal) types(keys string) {
	w.t.Helper()
	if _, err := w.control.WriteString(keys); err != nil {
		w.t.Fatal(err)
	}
}

// run starts dhfs with the terminal as its own; the result is how it ends.
func (w *terminal) run(dir string, inside *os.File, args ...string) <-chan error {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "dhfs", args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, inside, inside, inside
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return ended
}

// lockedShop is a directory with a database and a key that the passphrase "open sesame" unlocks.
func lockedShop(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{
		{"ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", filepath.Join(dir, "locked")},
		{"dhfs", "init", filepath.Join(dir, "shop")},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", args, err, out)
		}
	}
	return dir
}

var lockedTx = []string{"tx", "shop", `[{:db/id "e" :db/ident :it/works}]`, "--sign", "locked"}

// TestPassphraseIsNotShown types a wrong and the right passphrase at a terminal, which shows neither, and shows again afterwards what is typed.
func TestPassphraseIsNotShown(t *testing.T) {
	dir := lockedShop(t)
	w, inside := openTerminal(t)
	if !w.echoes() {
		t.Fatal("a new terminal shows nothing")
	}
	ended := w.run(dir, inside, lockedTx...)
	w.asked(1)
	w.types("open says me\n")
	w.await("a second question", func() bool { return strings.Contains(w.text(), "that is not its passphrase") })
	w.asked(2)
	w.types("open sesame\n")
	if err := <-ended; err != nil {
		t.Fatalf("%v; the terminal shows %q", err, w.text())
	}
	if !w.echoes() {
		t.Error("the terminal no longer shows what is typed")
	}
	w.types("seen")
	w.await("what is typed afterwards", func() bool { return strings.HasSuffix(w.text(), "seen") })
	for _, secret := range []string{"sesame", "says", "open"} {
		if strings.Contains(w.text(), secret) {
			t.Errorf("the terminal shows %q: %q", secret, w.text())
		}
	}
}

// TestPassphraseIsGivenUp interrupts the question: the terminal shows again what is typed.
func TestPassphraseIsGivenUp(t *testing.T) {
	dir := lockedShop(t)
	w, inside := openTerminal(t)
	ended := w.run(dir, inside, lockedTx...)
	w.asked(1)
	w.types("open ses\x03")
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("%v; the terminal shows %q", err, w.text())
	}
	if !w.echoes() {
		t.Error("the terminal no longer shows what is typed")
	}
	if strings.Contains(w.text(), "ses") {
		t.Errorf("the terminal shows what was typed: %q", w.text())
	}
}
