package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// process is an engine in a process of its own, which answers each line of JSON with one. A query that cannot be
// interrupted ends with its process.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd, in, bufio.NewReaderSize(out, 1<<20)}, nil
}

// ask sends a request and waits for its reply, or for the end of ctx. After an error the process is no more.
func (p *process) ask(ctx context.Context, request, reply any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { p.cmd.Process.Kill() })
	defer stop()
	err = p.exchange(append(line, '\n'), reply)
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) && ctx.Err() == nil {
		if ended := p.cmd.Wait(); ended != nil {
			err = ended
		}
		return fmt.Errorf("its process ended: %w", err)
	}
	p.stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (p *process) exchange(line []byte, reply any) error {
	if _, err := p.in.Write(line); err != nil {
		return err
	}
	answer, err := p.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, reply)
}

func (p *process) stop() {
	p.in.Close()
	p.cmd.Process.Kill()
	// That it was killed is no news.
	_ = p.cmd.Wait()
}
