package main

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"
)

func signFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "sign", "", "the file of an ed25519 key that signs what is committed (dhfs keygen, or ssh-keygen -t ed25519); one in the ssh agent by its .pub file")
}

func keysFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "keys", "", "a file of public keys, one a line as in .pub files, whose owners may sign")
}

// signers are the keys of a file by what they are, with the names of their owners.
type signers map[[ed25519.PublicKeySize]byte]string

// readSigners reads public keys, one a line: those of .pub files and authorized_keys, named by their comments, and those of
// the allowed_signers of git, named by their principals. No file, no keys.
func readSigners(file string) (signers, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("--keys: %w", err)
	}
	defer f.Close()
	known := signers{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, name, err := parseSigner(line)
		if err != nil {
			return nil, hinted{usageError{fmt.Sprintf("--keys: %s:%d: %v", file, n, err)}, "one key a line, as in the .pub file: ssh-ed25519 AAAA… NAME"}
		}
		known[[ed25519.PublicKeySize]byte(key)] = name
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--keys: %s: %w", file, err)
	}
	return known, nil
}

// parseSigner reads a line of a file of keys. Options are refused: whoever wrote them wanted the key to be trusted with limits.
func parseSigner(line string) (ed25519.PublicKey, string, error) {
	key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return nil, "", errors.New("no public key")
	}
	for _, o := range options {
		if strings.Contains(o, "=") || strings.EqualFold(o, "cert-authority") {
			return nil, "", fmt.Errorf("the option %s is not known here", o)
		}
	}
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := c.CryptoPublicKey().(ed25519.PublicKey); ok {
			if len(options) > 0 {
				comment = strings.Join(options, ",")
			}
			return k, comment, nil
		}
	}
	return nil, "", fmt.Errorf("a key of type %s, where only ed25519 keys sign", key.Type())
}

// seal is what is known of who signed a commit.
type seal struct {
	state sealed
	who   string // the name in the file of keys, else the fingerprint; empty of unsigned commits
}

type sealed int

const (
	unsigned  sealed = iota
	badly            // the signature does not fit the commit
	byUnknown        // by a key that is not in the file of keys
	byKnown
	seals // how many there are
)

func (s sealed) String() string {
	return [...]string{"unsigned", "bad signature", "unknown key", "signed"}[s]
}

// seal tells who signed c.
func (s signers) seal(c engine.Commit) seal {
	key, err := c.Signer()
	switch {
	case errors.Is(err, engine.ErrUnsigned):
		return seal{unsigned, ""}
	case err != nil:
		return seal{badly, engine.Fingerprint(key)}
	}
	if name, ok := s[[ed25519.PublicKeySize]byte(key)]; ok {
		if name == "" {
			name = engine.Fingerprint(key)
		}
		return seal{byKnown, name}
	}
	return seal{byUnknown, engine.Fingerprint(key)}
}

// text is the seal in one cell: the name, or the fingerprint and what is wrong with it where something is.
func (s seal) text(known signers) string {
	switch {
	case s.state == badly:
		return s.who + " (bad signature)"
	case s.state == byUnknown && known != nil:
		return s.who + " (unknown key)"
	}
	return s.who
}
