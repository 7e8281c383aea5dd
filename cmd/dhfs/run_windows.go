package main

import "os"

// passedOn are the signals that dhfs run gives to its command.
var passedOn = []os.Signal{os.Interrupt}

// sharesTerminal tells whether the console has sent the signal to the command as well: it always does.
func sharesTerminal(os.Signal) bool { return true }

func exitCode(p *os.ProcessState) int { return p.ExitCode() }
