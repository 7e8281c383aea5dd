package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/term"
)

// readSigningKey reads a private key as OpenSSH writes it; nil where no file is named. One that is locked is the ssh agent's, if that has it; else a person
// at a terminal is asked for the passphrase. Of a file with a public key the agent must have the other half.
func (a *app) readSigningKey(ctx context.Context, file string) (crypto.Signer, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--sign: %w", err)
	}
	key, err := ssh.ParseRawPrivateKey(text)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return a.lockedKey(ctx, file, text, locked.PublicKey)
	}
	if err != nil {
		if public, _, _, _, bad := ssh.ParseAuthorizedKey(text); bad == nil {
			return publicKey(file, public)
		}
		return nil, hinted{usageError{fmt.Sprintf("--sign: %s holds no private key: %v", file, err)}, "dhfs keygen FILE makes one"}
	}
	return ed25519Key(file, key)
}

func ed25519Key(file string, key any) (crypto.Signer, error) {
	if k, ok := key.(*ed25519.PrivateKey); ok {
		return *k, nil
	}
	return nil, hinted{usageError{fmt.Sprintf("--sign: %s is no ed25519 key", file)}, "dhfs keygen FILE, or ssh-keygen -t ed25519"}
}

// publicKey is the key in the agent that a public one is the other half of.
func publicKey(file string, public ssh.PublicKey) (crypto.Signer, error) {
	k, err := inAgent(file, public)
	if errors.Is(err, errNotInAgent) {
		return nil, hinted{usageError{fmt.Sprintf("--sign: %s holds no private key but a public one, and %v", file, err)}, "ssh-add FILE, with the file of the private key"}
	}
	return k, err
}

// lockedKey unlocks a key, or finds it in the agent, which has it unlocked.
func (a *app) lockedKey(ctx context.Context, file string, text []byte, public ssh.PublicKey) (crypto.Signer, error) {
	if public == nil { // files of older kinds do not tell
		if line, err := os.ReadFile(file + ".pub"); err == nil {
			public, _, _, _, _ = ssh.ParseAuthorizedKey(line)
		}
	}
	if public != nil {
		k, err := inAgent(file, public)
		if !errors.Is(err, errNotInAgent) {
			return k, err
		}
	}
	const tries = 3
	for range tries {
		pass, err := a.askSecretly(ctx, fmt.Sprintf("passphrase of %s: ", file))
		if errors.Is(err, errNobodyToAsk) {
			return nil, hinted{usageError{fmt.Sprintf("--sign: %s is locked with a passphrase, the ssh agent does not have it, and there is no terminal to ask at", file)},
				"ssh-add " + file + ", with an agent that SSH_AUTH_SOCK leads to; or dhfs keygen FILE, which makes a key of its own for signing"}
		}
		if err != nil {
			return nil, fmt.Errorf("--sign: %w", err)
		}
		key, err := ssh.ParseRawPrivateKeyWithPassphrase(text, pass)
		clear(pass)
		if errors.Is(err, x509.IncorrectPasswordError) {
			a.say("that is not its passphrase")
			continue
		}
		if err != nil {
			return nil, usageError{fmt.Sprintf("--sign: %s: %v", file, err)}
		}
		return ed25519Key(file, key)
	}
	return nil, usageError{fmt.Sprintf("--sign: %s is locked with another passphrase", file)}
}

var errNobodyToAsk = errors.New("nobody to ask")

// askSecretly reads a line from the terminal that does not show it. Standard input may be something else, as long as the question can be seen.
func (a *app) askSecretly(ctx context.Context, question string) ([]byte, error) {
	in := os.Stdin
	if !isTerminal(in) {
		if !isTerminal(a.err) {
			return nil, errNobodyToAsk
		}
		name := "/dev/tty"
		if runtime.GOOS == "windows" {
			name = "CONIN$"
		}
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			return nil, errNobodyToAsk
		}
		defer f.Close()
		in = f
	}
	before, err := term.GetState(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	fmt.Fprint(a.err, question)
	defer fmt.Fprintln(a.err)
	type answer struct {
		line []byte
		err  error
	}
	given := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(int(in.Fd()))
		given <- answer{line, err}
	}()
	select {
	case <-ctx.Done(): // the terminal shows again what is typed
		return nil, errors.Join(ctx.Err(), term.Restore(int(in.Fd()), before))
	case got := <-given:
		if errors.Is(got.err, io.EOF) {
			return nil, errNobodyToAsk
		}
		return got.line, got.err
	}
}

// agentKey signs through the agent, which alone knows the private key.
type agentKey struct {
	file   string
	wire   ssh.PublicKey
	public ed25519.PublicKey
}

var errNotInAgent = errors.New("the ssh agent does not have the other half")

// inAgent finds a key in the agent that SSH_AUTH_SOCK leads to.
func inAgent(file string, key ssh.PublicKey) (crypto.Signer, error) {
	c, ok := key.(ssh.CryptoPublicKey)
	if !ok || key.Type() != ssh.KeyAlgoED25519 {
		return ed25519Key(file, nil)
	}
	k := agentKey{file, key, c.CryptoPublicKey().(ed25519.PublicKey)}
	err := withAgent(func(ag agent.Agent) error {
		all, err := ag.List()
		for _, other := range all {
			if bytes.Equal(other.Marshal(), key.Marshal()) {
				return nil
			}
		}
		return errors.Join(errNotInAgent, err)
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// withAgent speaks with the agent. Where there is none, it does not have the key either.
func withAgent(speak func(agent.Agent) error) error {
	conn, err := net.Dial("unix", os.Getenv("SSH_AUTH_SOCK"))
	if err != nil {
		return errNotInAgent
	}
	defer conn.Close()
	return speak(agent.NewClient(conn))
}

// Public implements crypto.Signer.
func (k agentKey) Public() crypto.PublicKey { return k.public }

// Sign implements crypto.Signer for messages as they are.
func (k agentKey) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	if opts.HashFunc() != 0 {
		return nil, errors.New("an ed25519 key signs messages, not hashes of them")
	}
	err = withAgent(func(ag agent.Agent) error {
		made, err := ag.Sign(k.wire, message)
		if err != nil {
			return hinted{fmt.Errorf("the ssh agent does not sign with the key of %s: %w", k.file, err), "ssh-add -l tells what it has"}
		}
		signature = made.Blob
		return nil
	})
	return signature, err
}
