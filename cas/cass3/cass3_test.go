//go:build unix

package cass3

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
)

// The suite against a real server; the stores beside know nothing of each other, as in two processes.
func TestStore(t *testing.T) {
	g := servers.S3(t)
	urls := map[cas.RefStore]string{}
	beside := func(t testing.TB, s cas.RefStore) cas.RefStore {
		other := again(t, urls[s], Options{})
		urls[other] = urls[s]
		return other
	}
	castest.Run(t, func(t testing.TB) cas.RefStore {
		url := newURL(g)
		s := create(t, url, Options{})
		urls[s] = url
		return s
	}, castest.Beside(beside), castest.Reopen(func(t testing.TB, s cas.RefStore) cas.RefStore {
		other := beside(t, s)
		s.(*Store).Close()
		return other
	}))
}
