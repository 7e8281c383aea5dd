//go:build unix

// Command with runs a command beside servers that end with it, each with an empty database whose URL is in a variable of the
// environment:
//
//	with PEOPLE=postgres CATALOG=s3:catalog -- scripts/demo-teams.sh
//
// runs the script with PEOPLE and CATALOG set; catalog is a bucket that is made.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/test/servers"
)

func main() { os.Exit(servers.Main(program{})) }

// program is what runs between the start and the end of the servers.
type program struct{}

// Run returns the exit code of the command.
func (program) Run() int {
	err := run(os.Args[1:])
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return ended.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
		return 1
	}
	return 0
}

func run(args []string) error {
	end := slices.Index(args, "--")
	if end < 0 || end == len(args)-1 {
		return errors.New("want VARIABLE=SERVER... -- COMMAND")
	}
	env := append(os.Environ(), "AWS_ACCESS_KEY_ID="+servers.S3AccessKey, "AWS_SECRET_ACCESS_KEY="+servers.S3SecretKey)
	for _, arg := range args[:end] {
		name, kind, _ := strings.Cut(arg, "=")
		url, err := database(kind)
		if err != nil {
			return fmt.Errorf("%s: %w", arg, err)
		}
		env = append(env, name+"="+url)
	}
	cmd := exec.Command(args[end+1], args[end+2:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// database is the URL of a new one: of a server, or in a new bucket.
func database(kind string) (string, error) {
	if bucket, ok := strings.CutPrefix(kind, "s3:"); ok {
		s, err := servers.GetS3()
		if err != nil {
			return "", err
		}
		return s.NewBucket(bucket, "db")
	}
	s, err := servers.Get(kind)
	if err != nil {
		return "", err
	}
	return s.NewDatabase()
}
