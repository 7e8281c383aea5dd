package cashttp

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// formatVersion is the version of all that FORMAT.md describes.
const formatVersion = 1

// Names of what is at a database's URL.
const (
	refsFile  = "refs.json"
	allFile   = "all.txt"
	blocksDir = "blocks/"

	manyPath   = "many"
	havePath   = "have"
	sincePath  = "since"
	eventsPath = "events"
	putPath    = "put"
	commitPath = "commit"
	replayPath = "replay"
	turnPath   = "turn"
	txPath     = "tx"
)

// sessionHeader names what a writer's commit depends on: that no garbage was removed since.
const sessionHeader = "Dhfs-Session"

// What a server can do besides serving files.
const (
	canMany   = "many"   // many blocks in one answer, and whether it has many
	canSince  = "since"  // transactions since a commit
	canEvents = "events" // tells when refs move
	canWrite  = "write"  // for who has a token
	canReplay = "replay" // does transactions again
	canTurn   = "turn"   // lets writers stand in line
	canTx     = "tx"     // runs transactions
)

// index is refs.json.
type index struct {
	Version int        `json:"dhfs"`
	Can     []string   `json:"can,omitempty"`
	Refs    []refEntry `json:"refs"`
}

type refEntry struct {
	Name string `json:"name"`
	CID  string `json:"cid"`
}

// indexOf writes refs.json.
func indexOf(refs []cas.Ref, can []string) []byte {
	x := index{Version: formatVersion, Can: can, Refs: []refEntry{}}
	for _, r := range refs {
		x.Refs = append(x.Refs, refEntry{r.Name, r.CID.String()})
	}
	b, err := json.Marshal(x)
	if err != nil {
		panic(err) // strings can be written
	}
	return append(b, '\n')
}

// parseIndex reads refs.json.
func parseIndex(b []byte) (refs []cas.Ref, can []string, err error) {
	var x index
	if err := json.Unmarshal(b, &x); err != nil {
		return nil, nil, fmt.Errorf("%s is not that of a database: %w", refsFile, err)
	}
	if x.Version != formatVersion {
		return nil, nil, fmt.Errorf("%s: format version %d is not known to this version of dhfs, which reads %d; try a newer one", refsFile, x.Version, formatVersion)
	}
	for _, r := range x.Refs {
		id, err := cid.Decode(r.CID)
		if err == nil {
			err = cas.CheckRefName(r.Name)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: ref %q: %w", refsFile, r.Name, err)
		}
		refs = append(refs, cas.Ref{Name: r.Name, CID: id})
	}
	slices.SortFunc(refs, func(a, b cas.Ref) int { return cmp.Compare(a.Name, b.Name) })
	return refs, x.Can, nil
}

// etagOf names what b is.
func etagOf(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// blockPath is where a block is, below a database's URL: in one of 256 directories.
func blockPath(id cid.Cid) string {
	s := id.String()
	return blocksDir + s[len(s)-2:] + "/" + s
}

// moving is the first line of a commit: a ref and where it is to point. Empty: nowhere.
type moving struct {
	Ref  string `json:"ref"`
	Old  string `json:"old,omitempty"`
	Next string `json:"next,omitempty"`
}

// asking is the first line of since and replay.
type asking struct {
	Heads []string `json:"heads"`
	Haves []string `json:"haves,omitempty"`
}

func cidText(id cid.Cid) string {
	if !id.Defined() {
		return ""
	}
	return id.String()
}

func parseCID(s string) (cid.Cid, error) {
	if s == "" {
		return cid.Undef, nil
	}
	return cid.Decode(s)
}

func cidTexts(ids []cid.Cid) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	return all
}

func parseCIDs(texts []string) (ids []cid.Cid, err error) {
	for _, s := range texts {
		id, err := cid.Decode(s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}
