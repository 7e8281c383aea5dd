package casfile

import (
	"context"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/internal/filelock"
)

// inLine asks for a turn in the background, as another process would; the channel yields what ends it.
func inLine(ctx context.Context, t *testing.T, dir string) <-chan func() {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	got := make(chan func(), 1)
	go func() {
		done, _ := s.Turn(ctx, "heads/main")
		got <- done
	}()
	return got
}

// waits checks that a turn does not come as long as another has it.
func waits(t *testing.T, got <-chan func()) {
	t.Helper()
	select {
	case <-got:
		t.Fatal("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestTurns(t *testing.T) {
	dir := newStore(t)
	first := <-inLine(t.Context(), t, dir)
	second := inLine(t.Context(), t, dir)
	waits(t, second)
	third := inLine(t.Context(), t, dir)
	waits(t, third)
	first()
	again := inLine(t.Context(), t, dir) // who was at work just now comes after the one who is next
	done := <-second
	waits(t, third)
	waits(t, again)
	done()
	for range 2 {
		select {
		case done := <-third:
			done()
		case done := <-again:
			done()
		}
	}
}

// Refs have lines of their own, and a store that is only read has none.
func TestTurnsOfOthers(t *testing.T) {
	dir := newStore(t)
	defer (<-inLine(t.Context(), t, dir))()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	done, held := s.Turn(t.Context(), "heads/side")
	if !held {
		t.Error("a free turn was not given")
	}
	done()
	readOnly, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	if done, held = readOnly.Turn(t.Context(), "heads/main"); held {
		t.Error("a store that is only read stands in line")
	}
	done()
}

// Who gives up goes on without, and is in nobody's way.
func TestTurnGivenUp(t *testing.T) {
	dir := newStore(t)
	first := <-inLine(t.Context(), t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	second := inLine(ctx, t, dir)
	waits(t, second)
	cancel()
	(<-second)()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		done, held := filelock.Turn(t.Context(), s.turnPath("heads/main"), 20*time.Millisecond) // nobody is waited for for ever
		if held {
			t.Error("two have the turn")
		}
		done()
	}
	first()
	(<-inLine(t.Context(), t, dir))()
}

// A turn ends with its process.
func TestTurnOfAProcessThatDied(t *testing.T) {
	dir := newStore(t)
	cmd := process(dir, "hold")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	got := inLine(t.Context(), t, dir)
	waits(t, got)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	(<-got)()
}
