package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
)

// digest is the SHA-256 of rows as expectations have it.
func digest(rows []string) string {
	slices.Sort(rows)
	h := sha256.New()
	for _, row := range rows {
		h.Write([]byte(row))
		h.Write([]byte{'\n'})
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// check runs a query and compares its answer. An aggregate over nothing may be a row of 0 or nil elsewhere.
func check(ctx context.Context, p prepared, want expectation) error {
	rows, err := p.rows(ctx)
	if err != nil {
		return err
	}
	if want.Count == 0 && len(rows) == 1 && (rows[0] == "[0]" || rows[0] == "[nil]") {
		rows = nil
	}
	if got := digest(rows); len(rows) != want.Count || got != want.SHA256 {
		return fmt.Errorf("%w: %d rows, %.12s…; %d rows, %.12s… were expected", errWrong, len(rows), got, want.Count, want.SHA256)
	}
	return nil
}
