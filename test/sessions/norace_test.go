//go:build linux && !race

package sessions

var buildFlags []string
