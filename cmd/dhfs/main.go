// Command dhfs keeps immutable Datalog databases in content-addressed storage
// and shows them as files.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	io := stdio{os.Stdin, os.Stdout, os.Stderr}
	args, err := commandLine(os.Args)
	var code int
	if err != nil {
		code = (&app{stdio: io}).report(nil, err)
	} else {
		code = run(ctx, args, io)
	}
	stop()
	os.Exit(code)
}
