package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"
)

func (a *app) keygenCommand() *cobra.Command {
	var comment string
	cmd := &cobra.Command{
		Use:   "keygen FILE",
		Short: "make a key that signs commits: FILE, and FILE.pub for those who check",
		Long: `Make an ed25519 key that signs commits: FILE, which only you may read, and FILE.pub, for those who check. Both are
as ssh-keygen -t ed25519 writes them, whose keys sign as well. A key that is locked with a passphrase is taken from the ssh agent that
SSH_AUTH_SOCK leads to, if that has it; else the passphrase is asked for at the terminal. --sign FILE.pub takes the agent's key in any case.`,
		Example: `  dhfs keygen ~/.config/dhfs/key
  dhfs tx shop '[{:customer/id "ALFKI" :customer/city "Potsdam"}]' --sign ~/.config/dhfs/key    # or DHFS_SIGN
  dhfs verify shop --keys team.pub`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{"want FILE"}
			}
			return a.keygen(args[0], comment)
		},
	}
	cmd.Flags().StringVarP(&comment, "comment", "C", author(), "whose key it is, as the file of public keys tells it")
	return cmd
}

func (a *app) keygen(file, comment string) error {
	if strings.ContainsAny(comment, "\r\n") {
		return usageError{"--comment: more than one line"}
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return err
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return err
	}
	line := strings.TrimSpace(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))+" "+comment) + "\n"
	if err := writeOnce(file, pem.EncodeToMemory(block), 0o600); err != nil {
		return err
	}
	if err := writeOnce(file+".pub", []byte(line), 0o644); err != nil {
		os.Remove(file)
		return err
	}
	a.say("%s and %s.pub, %s", file, file, ssh.FingerprintSHA256(key))
	return nil
}

// writeOnce writes a file that must not be there yet: a key that is written over is lost.
func writeOnce(file string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return hinted{fmt.Errorf("%s is there already", file), "another name"}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
