package engine

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// testKey is a key that is the same in each run.
func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// signedLog is a branch on which a commit is signed, one is not, one is signed by another key, a purge is, a merge and a revert are.
func signedLog(t *testing.T) (*cas.Memory, *Conn) {
	t.Helper()
	s := cas.NewMemory()
	conn, err := CreateSigned(t.Context(), s, "main", Options{SchemaOnRead: true}, time.UnixMilli(1000), testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	commit := func(c *Conn, tx string, key ed25519.PrivateKey) cid.Cid {
		t.Helper()
		forms, err := edn.ParseAll(tx)
		if err != nil {
			t.Fatal(err)
		}
		m := Meta{By: "ann", Msg: tx}
		if key != nil {
			m.Key = key
		}
		r, err := c.Transact(t.Context(), forms, m)
		if err != nil {
			t.Fatal(tx, err)
		}
		return r.Commit.ID
	}
	commit(conn, `{:db/id 1 :a/b 1}`, testKey(1))
	base := commit(conn, `{:db/id 1 :a/b 2}`, nil)
	if err := Branch.Create(t.Context(), s, "side", base); err != nil {
		t.Fatal(err)
	}
	side, err := Connect(t.Context(), s, "side")
	if err != nil {
		t.Fatal(err)
	}
	theirs := commit(side, `{:db/id 2 :a/c 1}`, testKey(2))
	undo := commit(conn, `[:db/add 3 :a/b 7]`, testKey(1))
	if _, err := conn.Merge(t.Context(), theirs, nil, Meta{Key: testKey(1)}); err != nil {
		t.Fatal("merge ", err)
	}
	if _, err := conn.Revert(t.Context(), undo, nil, Meta{Key: testKey(1)}); err != nil {
		t.Fatal("revert ", err)
	}
	commit(conn, `[:db/purge 2 :a/c 1]`, testKey(1))
	return s, conn
}

func TestSignatures(t *testing.T) {
	s, conn := signedLog(t)
	db, err := conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []byte // from the newest on: 1 and 2 for the keys, 0 for none
	for c, err := range History(t.Context(), s, []cid.Cid{db.Commit()}) {
		if err != nil {
			t.Fatal(err)
		}
		key, err := c.Signer()
		switch {
		case errors.Is(err, ErrUnsigned):
			got = append(got, 0)
		case err != nil:
			t.Errorf("t %d: %v", c.T, err)
		case key.Equal(testKey(1).Public()):
			got = append(got, 1)
		case key.Equal(testKey(2).Public()):
			got = append(got, 2)
		}
		if b := c.block(); b.CID() != c.ID {
			t.Errorf("t %d: the block of what was read is another", c.T)
		}
	}
	if sum := [3]int{bytes.Count(got, []byte{0}), bytes.Count(got, []byte{1}), bytes.Count(got, []byte{2})}; sum != [3]int{1, 6, 1} {
		t.Errorf("%d unsigned, %d by the first key, %d by the second: %v", sum[0], sum[1], sum[2], got)
	}
}

// TestSignatureCoversAll changes each byte of signed commits, of a plain one and of a purge: what is still a commit is not signed any more.
func TestSignatureCoversAll(t *testing.T) {
	s, conn := signedLog(t)
	db, err := conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	commits := 0
	for c, err := range Log(t.Context(), s, db.Commit()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Signer(); err != nil {
			continue
		}
		b, err := s.Get(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Data() {
			for bit := range 8 {
				data := bytes.Clone(b.Data())
				data[i] ^= 1 << bit
				changed, err := parseCommit(cas.NewBlock(cas.DagCBOR, data))
				if err != nil {
					continue
				}
				commits++
				if _, err := changed.Signer(); err == nil {
					t.Fatalf("t %d: byte %d, bit %d can be changed", c.T, i, bit)
				}
			}
		}
	}
	if commits < 1000 {
		t.Fatalf("only %d changed commits were looked at", commits)
	}
}

// TestSignedCommitIsStrict has commits whose number of items or size of the signature is not as it must be.
func TestSignedCommitIsStrict(t *testing.T) {
	s, conn := signedLog(t)
	c := headCommit(t, s, conn)
	for name, change := range map[string]func([]byte) []byte{
		"one item less":     func(b []byte) []byte { b[0]--; return b },
		"one item more":     func(b []byte) []byte { b[0]++; return b },
		"a short signature": func(b []byte) []byte { return resigned(b, 95) },
		"a long signature":  func(b []byte) []byte { return resigned(b, 97) },
		"none":              func(b []byte) []byte { return resigned(b, 0) },
	} {
		data := change(bytes.Clone(c.block().Data()))
		if _, err := parseCommit(cas.NewBlock(cas.DagCBOR, data)); err == nil {
			t.Errorf("%s: taken for a commit", name)
		}
	}
}

// headCommit reads the newest commit of a branch.
func headCommit(t *testing.T, s cas.Getter, conn *Conn) Commit {
	t.Helper()
	db, err := conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCommit(t.Context(), s, db.Commit())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// resigned has a signature of n bytes in the place of the one that is there.
func resigned(b []byte, n int) []byte {
	i := bytes.Index(b, []byte("\x63sig")) + 4
	return append(dagcbor.AppendBytes(b[:i:i], make([]byte, n)), b[i+2+signatureSize:]...)
}

func TestSignRefusesOtherKeys(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := cas.NewMemory()
	if _, err := CreateSigned(t.Context(), s, "main", Options{}, time.UnixMilli(0), other); err == nil {
		t.Error("a key of another kind signs")
	}
	if refs, err := s.Refs(t.Context()); err != nil || len(refs) > 0 {
		t.Errorf("%v, %v: something was written", refs, err)
	}
}

// TestSignatureIsThatOfOpenSSH has ssh-keygen check a signature.
func TestSignatureIsThatOfOpenSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Fatalf("%v: make setup installs it", err)
	}
	s, conn := signedLog(t)
	c := headCommit(t, s, conn)
	key, err := c.Signer()
	if err != nil {
		t.Fatal(err)
	}
	text := func(parts ...string) (b []byte) {
		for _, p := range parts {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
		}
		return b
	}
	public := text("ssh-ed25519", string(key))
	blob := binary.BigEndian.AppendUint32([]byte("SSHSIG"), 1)
	blob = append(blob, text(string(public), "dhfs", "", "sha512", string(text("ssh-ed25519", string(c.signature[ed25519.PublicKeySize:]))))...)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	allowed := write("allowed", "ann ssh-ed25519 "+base64.StdEncoding.EncodeToString(public)+"\n")
	signature := write("sig", "-----BEGIN SSH SIGNATURE-----\n"+base64.StdEncoding.EncodeToString(blob)+"\n-----END SSH SIGNATURE-----\n")
	bare := c
	bare.signature = nil
	check := func(content []byte) error {
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "ann", "-n", "dhfs", "-s", signature)
		cmd.Stdin = bytes.NewReader(content)
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		return err
	}
	if err := check(bare.block().Data()); err != nil {
		t.Error(err)
	}
	if check(append(bare.block().Data(), 0)) == nil {
		t.Error("ssh-keygen takes anything")
	}
}
