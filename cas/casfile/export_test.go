package casfile

// Datasync is what makes an append durable.
var Datasync = datasync

// GatherAlways has every Collect put what is live into a dense pack.
func (s *Store) GatherAlways() { s.limits.dense = 1 }
