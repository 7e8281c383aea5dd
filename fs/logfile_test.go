package fs_test

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
)

// TestLogTellsSigners lists a transaction that was signed and one that was not. The fingerprint is what ssh-keygen -l says of the key.
func TestLogTellsSigners(t *testing.T) {
	s := newSample(t)
	s.tx(sampleSchema)
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	if _, err := s.conn.Transact(t.Context(), nil, engine.Meta{By: "ada", Msg: "signed", Key: key}); err != nil {
		t.Fatal(err)
	}
	data, err := s.tree().ReadFile("log.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var last [][]string
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		last = append(last, cells[len(cells)-2:])
	}
	if len(last) != 3 || last[0][1] != "signer" || last[1][1] != "" || last[2][0] != "signed" || last[2][1] != "SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo" {
		t.Errorf("%q", last)
	}
}
