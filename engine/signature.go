package engine

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
)

// ErrUnsigned says that nobody has signed a commit.
var ErrUnsigned = errors.New("the commit is not signed")

// signatureSize is the size of what a commit holds: the public key, then what that key made of the rest of the commit.
const signatureSize = ed25519.PublicKeySize + ed25519.SignatureSize

// signedAs tells signatures of commits from all others that a key may make.
const signedAs = "dhfs"

// Signer is the key that the commit says it was signed with. The error wraps ErrUnsigned where there is none, and is a
// *cas.CorruptError, beside the key, where the signature is not that of this key and these bytes.
// Whose key that is only the caller can know.
func (c Commit) Signer() (ed25519.PublicKey, error) {
	if len(c.signature) == 0 {
		return nil, ErrUnsigned
	}
	key := ed25519.PublicKey(c.signature[:ed25519.PublicKeySize])
	if !ed25519.Verify(key, c.message(), c.signature[ed25519.PublicKeySize:]) {
		return key, &cas.CorruptError{CID: c.ID, Reason: "its signature does not fit"}
	}
	return key, nil
}

// Fingerprint names a key as ssh-keygen -l does.
func Fingerprint(key ed25519.PublicKey) string {
	var wire []byte
	for _, part := range []string{"ssh-ed25519", string(key)} {
		wire = append(binary.BigEndian.AppendUint32(wire, uint32(len(part))), part...)
	}
	sum := sha256.Sum256(wire)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// sign signs the commit as it is; a nil key leaves it unsigned.
func (c *Commit) sign(by crypto.Signer) error {
	if by == nil {
		return nil
	}
	key, ok := by.Public().(ed25519.PublicKey)
	if !ok {
		return fmt.Errorf("sign: a key of kind %T, where an ed25519 key is needed", by.Public())
	}
	made, err := by.Sign(nil, c.message(), crypto.Hash(0))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	c.signature = append(append(make([]byte, 0, signatureSize), key...), made...)
	if _, err := c.Signer(); err != nil {
		return fmt.Errorf("sign: what the key made is no signature of it: %w", err)
	}
	return nil
}

// message is what is signed: the commit's block without its signature, in the wrapping that OpenSSH gives to
// files (PROTOCOL.sshsig), so that a key that is used for logging in, too, never signs what could be taken for a login.
func (c Commit) message() []byte {
	c.signature = nil
	sum := sha512.Sum512(c.block().Data())
	dst := []byte("SSHSIG")
	for _, s := range []string{signedAs, "", "sha512", string(sum[:])} {
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(s))), s...)
	}
	return dst
}
