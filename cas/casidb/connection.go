//go:build js && wasm

package casidb

import (
	"fmt"
	"syscall/js"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// connection is one to the database.
type connection struct {
	js.Value
	ended chan struct{} // closed when the browser has ended it, as it does when the site's data are cleared
	gone  js.Func
}

// errEnded is of a transaction of which the browser told nothing when it ended the connection. What it was to write may be there or not.
var errEnded = fmt.Errorf("the browser ended the connection: %w", cas.ErrUnavailable)

// maxTries is how many connections something is tried on: while the browser clears a database it may end more than one.
const maxTries = 4

// lastWord is how long a transaction may still end after its connection has.
const lastWord = 100 * time.Millisecond

// connected makes the connection of s that was opened end when the browser or another tab wants it to.
func (s *Store) connected(db js.Value) *connection {
	c := &connection{Value: db, ended: make(chan struct{})}
	c.gone = js.FuncOf(func(_ js.Value, args []js.Value) any {
		c.Call("close") // who removes the database waits for this
		if args[0].Get("type").String() == "close" {
			close(c.ended)
		}
		go func() {
			s.lose(c)
			c.gone.Release()
		}()
		return nil
	})
	c.Set("onversionchange", c.gone)
	c.Set("onclose", c.gone)
	return c
}

// close ends the connection when its transactions are over.
func (c *connection) close() {
	c.Set("onversionchange", nil)
	c.Set("onclose", nil)
	c.Call("close")
	c.gone.Release()
}

// lose forgets a connection that has ended.
func (s *Store) lose(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == c {
		s.conn = nil
	}
}
