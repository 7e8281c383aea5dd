package cashttp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

const (
	// maxTx is the most that a submitted transaction may have, in bytes: its forms take ten times that in memory. Larger ones are for
	// clients that run their transactions themselves.
	maxTx = 16 << 20
	// smallTx is up to where a transaction needs none of the few places of large ones.
	smallTx = 64 << 10
)

// Media types of reports.
const (
	typeEDN  = "application/edn"
	typeJSON = "application/json"
)

// Submission is a transaction that the server is to run.
type Submission struct {
	Branch, Author, Message string
	DryRun                  bool
	JSON                    bool // the report; EDN otherwise
	Data                    []byte
}

// Submitted is what became of it.
type Submitted struct {
	Commit cid.Cid // cid.Undef where nothing was written
	Report []byte
}

// RefusedError is what is wrong with a transaction. It has a code of its own and is sent as it is.
type RefusedError struct {
	Code, Message, Hint string
	Line, Column        int
}

func (e *RefusedError) Error() string { return e.Message }

func (h *handler) postTx(w http.ResponseWriter, r *http.Request) error {
	if h.o.Transact == nil {
		return cas.ErrUnsupported
	}
	q, err := submissionOf(r)
	if err != nil {
		return err
	}
	done, err := h.readTx(r, &q)
	defer done()
	if err != nil {
		return err
	}
	made, err := h.o.Transact(r.Context(), h.store, q)
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", typeEDN)
	if q.JSON {
		head.Set("Content-Type", typeJSON)
	}
	head.Set("Cache-Control", "no-store")
	if made.Commit.Defined() {
		head.Set("ETag", `"`+made.Commit.String()+`"`)
		h.moved()
	}
	_, _ = w.Write(made.Report)
	return nil
}

// submissionOf reads all but the body.
func submissionOf(r *http.Request) (q Submission, err error) {
	values := r.URL.Query()
	for name, all := range values {
		switch value := all[0]; name {
		case "branch":
			q.Branch = value
			err = cas.CheckRefName("heads/" + value)
		case "author":
			q.Author = value
		case "message":
			q.Message = value
		case "dry-run":
			q.DryRun, err = strconv.ParseBool(value)
		default:
			err = errors.New("want branch, author, message or dry-run")
		}
		if err != nil {
			return q, bad(fmt.Errorf("parameter %s: %w", name, err))
		}
	}
	if kind := r.Header.Get("Content-Type"); kind != "" {
		if t, _, err := mime.ParseMediaType(kind); err != nil || t != typeEDN && t != "text/plain" && t != "application/octet-stream" && t != "application/x-www-form-urlencoded" { // what curl says of all data
			return q, badRequest{http.StatusUnsupportedMediaType, fmt.Errorf("content type %q: want %s", kind, typeEDN)}
		}
	}
	for _, kind := range strings.Split(r.Header.Get("Accept"), ",") {
		t, _, _ := strings.Cut(kind, ";")
		if t = strings.TrimSpace(t); t == typeJSON || t == typeEDN {
			q.JSON = t == typeJSON
			break
		}
	}
	return q, nil
}

// readTx reads the body. Of large ones there are few at once; done gives the place back.
func (h *handler) readTx(r *http.Request, q *Submission) (done func(), err error) {
	done = func() {}
	body, err := decoded(r, min(maxTx, h.o.MaxBody))
	if err != nil {
		return done, err
	}
	defer body.Close()
	var buf bytes.Buffer
	if _, err = io.CopyN(&buf, body, smallTx); errors.Is(err, io.EOF) {
		q.Data = buf.Bytes()
		return done, nil
	}
	if err != nil {
		return done, bad(err)
	}
	select {
	case h.large <- struct{}{}:
		done = func() { <-h.large }
	default:
		return done, fmt.Errorf("too many large transactions at once: %w", cas.ErrUnavailable)
	}
	_, err = buf.ReadFrom(body)
	q.Data = buf.Bytes()
	return done, bad(err)
}
