package main

import (
	"bytes"
	"regexp"
	"testing"
	"time"
)

// Where the total is known, the bar tells bytes and the time that is left; more than the total, which is a guess, does not end it.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	bar := newProgress(&out, "sending", 100<<20)
	bar.set(1 << 20)
	time.Sleep(1100 * time.Millisecond)
	bar.set(10 << 20)
	if !regexp.MustCompile(`sending +10% .*\(10/10[05] MB, .*\[1s:\d+s\]`).Match(out.Bytes()) {
		t.Errorf("no bytes, or no time left: %q", out.String())
	}
	out.Reset()
	bar.set(150 << 20)
	time.Sleep(150 * time.Millisecond)
	bar.set(170 << 20)
	if !regexp.MustCompile(`/196 MB`).Match(out.Bytes()) {
		t.Errorf("more than was thought: %q", out.String())
	}
	bar.done()
}
