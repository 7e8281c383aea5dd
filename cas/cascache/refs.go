package cascache

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Where refs of a store pointed when they were asked for last is in a file of lines, CID and name, that is called by the digest of
// the store's name, which may be a URL that is not to be seen.
func (c *Cache) refsPath(store string) string {
	sum := sha256.Sum256([]byte(store))
	return filepath.Join(c.dir, refsDir, hex.EncodeToString(sum[:16]))
}

func (c *Cache) writeRefs(store string, refs []cas.Ref) error {
	var out bytes.Buffer
	for _, r := range refs {
		fmt.Fprintf(&out, "%s %s\n", r.CID, r.Name)
	}
	path := c.refsPath(store)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, out.Bytes()) {
		return nil
	}
	return write(path, out.Bytes())
}

// readRefs reads what writeRefs wrote; ok is false where it never did.
func (c *Cache) readRefs(store string) (refs []cas.Ref, ok bool) {
	data, err := os.ReadFile(c.refsPath(store))
	if err != nil {
		return nil, false
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		id, name, _ := strings.Cut(lines.Text(), " ")
		if parsed, err := cid.Decode(id); err == nil && cas.CheckRefName(name) == nil {
			refs = append(refs, cas.Ref{Name: name, CID: parsed})
		}
	}
	return refs, true
}

// setRef is refs with one of them changed, nil when that changes nothing.
func setRef(refs []cas.Ref, name string, id cid.Cid) []cas.Ref {
	i, found := slices.BinarySearchFunc(refs, name, func(r cas.Ref, name string) int { return cmp.Compare(r.Name, name) })
	switch {
	case found && refs[i].CID == id, !found && !id.Defined():
		return nil
	case !found:
		return slices.Insert(slices.Clone(refs), i, cas.Ref{Name: name, CID: id})
	case !id.Defined():
		return slices.Delete(slices.Clone(refs), i, i+1)
	}
	refs = slices.Clone(refs)
	refs[i].CID = id
	return refs
}
