package ingest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine/edn"
)

// gitCommit is a commit as git log tells it.
type gitCommit struct {
	id                  string
	parents             []string
	author, committer   gitPerson
	authored, committed time.Time
	subject, message    string
	changes             []gitChange
}

type gitPerson struct{ name, email string }

func (p gitPerson) key() string {
	if p.email == "" {
		return p.name
	}
	return p.email
}

func (p gitPerson) String() string { return p.name + " <" + p.email + ">" }

func (p gitPerson) form() edn.Value {
	return edn.MakeMap(edn.MakeKeyword("person/email"), edn.MakeString(p.key()), edn.MakeKeyword("person/name"), edn.MakeString(p.name))
}

// gitChange is what a commit did to a file.
type gitChange struct {
	kind           string
	from, path     string
	added, removed int64 // −1 where the file is no text
}

func (c gitChange) form() edn.Value {
	pairs := []edn.Value{edn.MakeKeyword("change/file"), fileForm(c.path), edn.MakeKeyword("change/kind"), edn.MakeKeyword(c.kind)}
	if c.from != "" {
		pairs = append(pairs, edn.MakeKeyword("change/from"), fileForm(c.from))
	}
	if c.added >= 0 {
		pairs = append(pairs, edn.MakeKeyword("change/added"), edn.MakeInt(c.added), edn.MakeKeyword("change/removed"), edn.MakeInt(c.removed))
	}
	return edn.MakeMap(pairs...)
}

// gitReader reads what git log prints with gitLog: items that end in a zero byte. A commit is nine of them, the first with \x01 in front, and
// an empty one. Where it has changes, a newline and for each an item of --raw with its path or two follow, then for each one of --numstat.
type gitReader struct {
	in     *bufio.Reader
	read   int64
	ahead  string
	peeked bool
}

// item is the next item; io.EOF behind the last.
func (r *gitReader) item() (string, error) {
	if r.peeked {
		r.peeked = false
		return r.ahead, nil
	}
	s, err := r.in.ReadString(0)
	r.read += int64(len(s))
	if err == io.EOF && s != "" {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(s, "\x00"), err
}

func (r *gitReader) peek() (string, error) {
	s, err := r.item()
	r.ahead, r.peeked = s, err == nil
	return s, err
}

// next is the next commit; io.EOF behind the last.
func (r *gitReader) next() (gitCommit, error) {
	var head [9]string
	for i := range head {
		var err error
		if head[i], err = r.item(); err != nil {
			if err == io.EOF && i > 0 {
				err = io.ErrUnexpectedEOF
			}
			return gitCommit{}, err
		}
	}
	id, ok := strings.CutPrefix(head[0], "\x01")
	if !ok {
		return gitCommit{}, fmt.Errorf("%.40q where a commit should begin", head[0])
	}
	c := gitCommit{id: id, parents: strings.Fields(head[1]), author: gitPerson{valid(head[2]), valid(head[3])}, committer: gitPerson{valid(head[5]), valid(head[6])}}
	var err error
	if c.authored, err = time.Parse(time.RFC3339, head[4]); err != nil {
		return c, err
	}
	if c.committed, err = time.Parse(time.RFC3339, head[7]); err != nil {
		return c, err
	}
	c.message = valid(strings.TrimRight(head[8], "\n"))
	c.subject = subject(c.message)
	if end, err := r.item(); err != nil || end != "" {
		return c, fmt.Errorf("%.40q after the message of %s: %v", end, id, err)
	}
	return c, r.changes(&c)
}

// subject is what git shows as such: the lines up to the first empty one, as one.
func subject(message string) string {
	head, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n\n")
	return strings.Join(strings.Split(head, "\n"), " ")
}

// changes reads what a commit changed, up to the next commit or the end.
func (r *gitReader) changes(c *gitCommit) error {
	for first := true; ; first = false {
		s, err := r.peek()
		if err == io.EOF || err == nil && strings.HasPrefix(s, "\x01") {
			return nil
		}
		if err != nil {
			return err
		}
		r.peeked = false
		if first {
			s = strings.TrimPrefix(s, "\n")
		}
		if strings.HasPrefix(s, ":") {
			err = r.raw(c, s)
		} else {
			err = r.numstat(c, s)
		}
		if err != nil {
			return unexpected(err)
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

var gitKinds = map[byte]string{'A': "add", 'M': "modify", 'D': "delete", 'R': "rename", 'C': "copy", 'T': "type"}

// raw reads ":100644 100644 OLD NEW R100" and its paths.
func (r *gitReader) raw(c *gitCommit, s string) error {
	fields := strings.Fields(s)
	if len(fields) != 5 || gitKinds[fields[4][0]] == "" {
		return fmt.Errorf("%.80q is no change", s)
	}
	change := gitChange{kind: gitKinds[fields[4][0]], added: -1}
	var err error
	if change.kind == "rename" || change.kind == "copy" {
		if change.from, err = r.item(); err != nil {
			return err
		}
	}
	if change.path, err = r.item(); err != nil {
		return err
	}
	change.from, change.path = escaped(change.from), escaped(change.path)
	c.changes = append(c.changes, change)
	return nil
}

// numstat reads "3\t1\tPATH", or "3\t1\t" and two paths after it.
func (r *gitReader) numstat(c *gitCommit, s string) error {
	added, rest, _ := strings.Cut(s, "\t")
	removed, path, ok := strings.Cut(rest, "\t")
	if !ok {
		return fmt.Errorf("%.80q is no count of lines", s)
	}
	var err error
	if path == "" {
		if _, err = r.item(); err != nil {
			return err
		}
		if path, err = r.item(); err != nil {
			return err
		}
	}
	if added == "-" {
		return nil
	}
	for i := range c.changes {
		if change := &c.changes[i]; change.path == escaped(path) && change.added < 0 {
			if change.added, err = strconv.ParseInt(added, 10, 64); err == nil {
				change.removed, err = strconv.ParseInt(removed, 10, 64)
			}
			return err
		}
	}
	return fmt.Errorf("a count of lines of %.80q, which was not changed", path)
}

// valid is text without what is not UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// escaped is a path with \xNN for bytes that are not UTF-8, so that two paths stay two.
func escaped(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	var b strings.Builder
	for len(path) > 0 {
		r, n := utf8.DecodeRuneInString(path)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, path[0])
		} else {
			b.WriteString(path[:n])
		}
		path = path[n:]
	}
	return b.String()
}
