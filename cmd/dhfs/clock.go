package main

import "time"

// now is the time of the invocation's transactions, UTC.
func now() time.Time { return time.Now().UTC() }
