package casfile

import (
	"encoding/binary"
	"os"
)

// floor says how much of a journal was durable at some moment. Without it, damage to
// the last record could not be told from the torn end of an append.
//
// The file that it speaks of is known by the number that the file system gave it, so that
// the floor of a store says nothing of a copy, which may have been taken
// while the store was written.
type floor struct {
	marker [4]byte // of the journal's records
	file   uint64  // its number in the file system
	end    uint32  // everything below was durable
}

const floorSize = 4 + 8 + 4

func (f floor) bytes() []byte {
	b := append(make([]byte, 0, floorSize), f.marker[:]...)
	b = binary.LittleEndian.AppendUint64(b, f.file)
	return binary.LittleEndian.AppendUint32(b, f.end)
}

// readFloor reads the floor in a lock file; the zero floor, which speaks of no journal, when there is none.
func readFloor(path string) (f floor) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) != 1+floorSize {
		return floor{}
	}
	copy(f.marker[:], b[1:])
	f.file = binary.LittleEndian.Uint64(b[5:])
	f.end = binary.LittleEndian.Uint32(b[13:])
	return f
}

// floorOf is the floor of a journal that is durable as far as it is known.
func floorOf(j *journal) floor {
	return floor{marker: [4]byte(j.id.marker()), file: fileNumber(j.info), end: uint32(j.durable)} // an append past 4 GiB is refused
}

// lost tells whether less of a journal is left than was durable.
func (f floor) lost(j *journal) bool {
	number := fileNumber(j.info)
	return number != 0 && f.file == number && f.marker == [4]byte(j.id.marker()) && j.mark.end < int64(f.end)
}
