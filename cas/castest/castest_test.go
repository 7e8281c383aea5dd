package castest_test

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
)

func TestMemory(t *testing.T) {
	same := func(_ testing.TB, s cas.RefStore) cas.RefStore { return s }
	castest.Run(t, func(testing.TB) cas.RefStore { return cas.NewMemory() }, castest.Reopen(same), castest.Beside(same))
}
