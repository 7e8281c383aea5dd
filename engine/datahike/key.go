package datahike

import (
	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// toKey is the key under which the node or commit with an id lies.
func toKey(id uuid.UUID) fressian.UUID { return fressian.UUID(id) }
