package cass3

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
)

// probe finds out, once for each process, whether the server keeps the conditions of PUTs. Both requests would write what is there already.
func (s *Store) probe(ctx context.Context) error {
	s.mu.Lock()
	done := s.probed
	s.mu.Unlock()
	if done {
		return nil
	}
	for header, when := range map[string]condition{
		"If-None-Match": {none: true},
		"If-Match":      {match: "00000000000000000000000000000000"},
	} {
		_, err := s.client.put(ctx, formatKey, []byte(formatText), when)
		if err == nil {
			return hintedError{
				fmt.Errorf("the server at %s ignores %s: two writers could overwrite each other's commits, so nothing is written to %s: %w", s.client.endpoint, header, s.address, cas.ErrUnsupported),
				"use a server that keeps conditions of PUT, as AWS S3, MinIO, Ceph and versitygw do, or another kind of store",
			}
		}
		if !errors.Is(err, errRefused) {
			return fmt.Errorf("try whether the server keeps conditions: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probed = true
	return nil
}
