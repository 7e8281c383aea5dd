package cas

import "context"

// Notifier is a store that notices what is written to it, by whatever process.
type Notifier interface {
	// Notify sends on moved, unless that has no room, after refs may have moved, until ctx is done. It returns at once; the error says
	// that nothing will come. It may send for nothing and miss what is written from other machines, so refs are still to be asked from time to time.
	Notify(ctx context.Context, moved chan<- struct{}) error
}
