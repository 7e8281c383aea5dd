//go:build linux && race

package sessions

// buildFlags make the race detector watch dhfs too when it watches the tests.
var buildFlags = []string{"-race"}
