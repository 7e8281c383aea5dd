package main

import (
	"context"

	"github.com/spf13/cobra"
)

// abandonable ends commands that only read as soon as they are interrupted, whatever they are at: a
// terminal that types nothing, a pipe that nobody reads, a large table whose widths are measured.
// They have nothing to tidy up, so the work is left behind, to end with the process.
func abandonable(commands ...*cobra.Command) []*cobra.Command {
	for _, cmd := range commands {
		work := cmd.RunE
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			_, err := untilDone(cmd.Context(), func() (struct{}, error) { return struct{}{}, work(cmd, args) })
			return err
		}
	}
	return commands
}

// untilDone is what work returns or, when the context is done before that, its error.
func untilDone[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	ended := make(chan outcome, 1)
	go func() {
		v, err := work()
		ended <- outcome{v, err}
	}()
	select {
	case o := <-ended:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
