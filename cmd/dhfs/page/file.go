package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
)

// file is one of the page's, as it is kept in the binary.
type file struct {
	name   string
	packed []byte // brotli
}

// serve sends the file as it is kept, or with gzip, to who does not take that: browsers take brotli over TLS and from their own machine only.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept-Encoding")
	switch {
	case accepts(r, "br"):
		w.Header().Set("Content-Encoding", "br")
		w.Header().Set("Content-Length", strconv.Itoa(len(f.packed)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(f.packed)
		}
	case accepts(r, "gzip"):
		w.Header().Set("Content-Encoding", "gzip")
		if r.Method == http.MethodHead {
			return
		}
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is right
		_, _ = io.Copy(z, f.unpacked())
		_ = z.Close()
	case r.Method != http.MethodHead:
		_, _ = io.Copy(w, f.unpacked())
	}
}

func (f file) unpacked() io.Reader { return brotli.NewReader(bytes.NewReader(f.packed)) }

// accepts tells whether the client takes an encoding.
func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

func readPacked(from fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(from, "packed/"+name+".br")
	if err != nil {
		return nil, err
	}
	return io.ReadAll(file{name, data}.unpacked())
}

// noTime: what is in a binary has no time of its own.
var noTime time.Time

// tag names the content of an answer.
func tag(w http.ResponseWriter, content []byte) {
	sum := sha256.Sum256(content)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
}
