//go:build linux

package sessions

import "testing"

// TestService runs what the README says for systemd. A server that was killed is one that failed, so systemd starts it anew.
func TestService(t *testing.T) {
	play(t, "service.sh", []string{"../../README.md", "../data/shop/customers.csv"}, func(t *testing.T, out string) {
		lines(t, out, "on-failure\nBerlin\nended well\nBerlin\nended with 137\nBerlin\nended well\n")
	})
}
