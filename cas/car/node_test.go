package car

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

// checkScript reads a CAR file with the libraries of IPFS for JavaScript, which it installs first if need be.
const checkScript = "../../scripts/car-check.sh"

// nodeCheck runs it on a file.
func nodeCheck(t *testing.T, file []byte) (stdout, stderr string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.car")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), checkScript, path)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// everyKind is a node with a value of every kind, at the edges of each.
func everyKind(link cid.Cid) cas.Block {
	d := dagcbor.AppendArray(nil, 12)
	for _, n := range []uint64{23, 255, 65536, 1<<53 + 1, 1<<64 - 1} {
		d = dagcbor.AppendUint(d, n)
	}
	d = dagcbor.AppendInt(d, -1<<63)
	d = dagcbor.AppendFloat(d, 0.1)
	d = dagcbor.AppendBytes(d, make([]byte, 300))
	d = dagcbor.AppendNull(dagcbor.AppendBool(d, true))
	d = dagcbor.AppendMap(d, 3)
	for _, key := range []string{"b", "é", "aaa"} {
		d = dagcbor.AppendText(dagcbor.AppendText(d, key), key)
	}
	return cas.NewBlock(cas.DagCBOR, dagcbor.AppendLink(d, link))
}

func TestReadByOtherSoftware(t *testing.T) {
	blocks := castest.Graph(1, 200)
	kinds := everyKind(blocks[199].CID())
	whole := cas.NewBlock(cas.DagCBOR, dagcbor.AppendFloat(nil, 1))
	top := castest.Node(1, kinds.CID(), whole.CID())
	blocks = append(blocks, kinds, whole, top, castest.Raw(1)) // the last one is not reached

	stdout, stderr, err := nodeCheck(t, written(t, []cid.Cid{top.CID()}, blocks...))
	if err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	nodes := 0
	for _, b := range blocks {
		if b.CID().Type() == cas.DagCBOR {
			nodes++
		}
	}
	for _, want := range []string{"roots: 1", "blocks: 204", fmt.Sprint("dag-cbor: ", nodes), fmt.Sprint("raw: ", 204-nodes),
		fmt.Sprint("re-encoded: ", nodes-1), "not for JavaScript: 1", "not reached: 1"} {
		if !strings.Contains(stdout, want+"\n") {
			t.Errorf("the counts lack %q:\n%s", want, stdout)
		}
	}
}

// The program does find faults.
func TestOtherSoftwareFindsFaults(t *testing.T) {
	blocks := castest.Chain(1, 4)
	root := []cid.Cid{blocks[3].CID()}
	flipped := written(t, root, blocks...)
	flipped[len(flipped)-50] ^= 1
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"missing link":  {written(t, root, blocks[1:]...), "links to " + blocks[0].CID().String()},
		"missing root":  {written(t, root, blocks[:3]...), "root " + blocks[3].CID().String()},
		"flipped bit":   {flipped, "(has the bytes of|not dag-cbor|is not in the file)"},
		"cut short":     {flipped[:len(flipped)-3], "."},
		"not canonical": {written(t, root[:1], append(blocks, cas.NewBlock(cas.DagCBOR, []byte{0x18, 1}))...), "not dag-cbor"},
		"no CAR":        {[]byte("no CAR at all"), "."},
	} {
		stdout, stderr, err := nodeCheck(t, c.file)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !regexp.MustCompile(c.want).MatchString(stderr) {
			t.Errorf("%s: %v\n%s%s", name, err, stdout, stderr)
		}
	}
}
