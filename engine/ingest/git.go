package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os/exec"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// Git is a repository that is read by the program git.
type Git struct {
	Dir    string
	Rev    string         // up to where; "" is HEAD
	Schema *engine.Schema // of the database
	Last   time.Time      // of its newest transaction; zero where there is none
}

// OpenGit finds the commits of a repository that Rev reaches, parents before children: each is a transaction of its author, with its subject as message and the
// time of its committer, so far as those rise, which is their order where no commit is older than its parents; those that the database has are left out.
func OpenGit(ctx context.Context, g Git, o Options) (*Source, error) {
	for _, given := range []struct {
		option string
		used   bool
	}{{"as", o.Kind != ""}, {"key", len(o.Keys) > 0}, {"ref", len(o.Refs) > 0}, {"type", len(o.Types) > 0}} {
		if given.used {
			return nil, &Error{Path: o.Name, Msg: fmt.Sprintf("--%s is not for a repository, whose attributes are given", given.option), Hint: "leave it out"}
		}
	}
	p := &gitRepository{Git: g, o: o}
	rev := g.Rev
	if rev == "" {
		rev = "HEAD"
	}
	out, err := p.git(ctx, "rev-parse", "--verify", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return nil, &Error{Path: o.Name, Msg: err.Error(), Hint: "git:DIR or git:DIR@REV, with DIR the directory of a repository that has commits"}
	}
	p.head = strings.TrimSpace(out)
	return &Source{plan: p, name: o.Name}, nil
}

// gitRepository is the history of a repository as tx data.
type gitRepository struct {
	Git
	o       Options
	head    string
	commits int64
}

// git runs git and returns what it prints.
func (p *gitRepository) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", p.Dir}, args...)...)
	out, err := cmd.Output()
	return string(out), gitError(err)
}

// gitError is err with what git said of it.
func gitError(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return errors.New(strings.TrimPrefix(strings.TrimSpace(string(exit.Stderr)), "fatal: "))
	}
	return err
}

var gitAttributes = []struct {
	ident string
	kind  engine.Kind
	many  bool
	more  string // :db/unique :db.unique/identity, …
	doc   string
}{
	{"person/email", engine.StringKind, false, "identity", "What git knows a person by; the name where there is no address"},
	{"person/name", engine.StringKind, false, "", ""},
	{"file/path", engine.StringKind, false, "identity", "In the repository; bytes that are not UTF-8 as \\xNN"},
	{"commit/id", engine.StringKind, false, "identity", "The name of the commit in git"},
	{"commit/author", engine.RefKind, false, "", ""},
	{"commit/authored", engine.InstantKind, false, "", "When the author says to have made it"},
	{"commit/committer", engine.RefKind, false, "", ""},
	{"commit/committed", engine.InstantKind, false, "", "When it was committed; of what is later than the transactions after it, those have the nearest time that rises"},
	{"commit/subject", engine.StringKind, false, "", ""},
	{"commit/message", engine.StringKind, false, "", "All of it, where it has more than the subject"},
	{"commit/parents", engine.RefKind, true, "", ""},
	{"commit/files", engine.RefKind, true, "", "What it changed against its parent, as git log tells it: nothing in a merge"},
	{"commit/changes", engine.RefKind, true, "component", "The same with how much"},
	{"change/file", engine.RefKind, false, "", ""},
	{"change/from", engine.RefKind, false, "", "The file that it was renamed or copied from"},
	{"change/kind", engine.KeywordKind, false, "", ":add :modify :delete :rename :copy :type"},
	{"change/added", engine.LongKind, false, "", "Lines; of a text only"},
	{"change/removed", engine.LongKind, false, "", "Lines; of a text only"},
}

func (p *gitRepository) schema() []edn.Value {
	var forms []edn.Value
	for _, a := range gitAttributes {
		if p.Schema != nil {
			if _, ok := p.Schema.ByIdent(a.ident); ok {
				continue
			}
		}
		cardinality := "db.cardinality/one"
		if a.many {
			cardinality = "db.cardinality/many"
		}
		pairs := attributePairs(a.ident, a.kind, cardinality)
		switch a.more {
		case "identity":
			pairs = append(pairs, edn.MakeKeyword("db/unique"), edn.MakeKeyword("db.unique/identity"))
		case "component":
			pairs = append(pairs, edn.MakeKeyword("db/isComponent"), edn.MakeBool(true))
		}
		if a.doc != "" {
			pairs = append(pairs, edn.MakeKeyword("db/doc"), edn.MakeString(a.doc))
		}
		forms = append(forms, edn.MakeMap(pairs...))
	}
	return forms
}

func (p *gitRepository) report() Report {
	return Report{Format: "git", Notes: []string{counted(p.commits, "commit") + " up to " + p.head}}
}

// gitLog are the arguments that make git print what gitReader reads, whatever the user's configuration says.
var gitLog = []string{
	"-c", "log.showSignature=false", "-c", "log.showRoot=true", "-c", "i18n.logOutputEncoding=UTF-8", "-c", "diff.relative=false",
	"log", "--date-order", "--reverse", "-z", "-M", "--raw", "--numstat", "--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv", "--no-notes",
	"--format=tformat:%x01%H%x00%P%x00%aN%x00%aE%x00%aI%x00%cN%x00%cE%x00%cI%x00%B%x00", "--end-of-options",
}

func (p *gitRepository) batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		p.commits = 0
		if err := p.log(ctx, func(b Batch) bool { return yield(b, nil) }); err != nil {
			yield(Batch{}, err)
		}
	}
}

// log yields a batch for each commit, until yield wants no more.
func (p *gitRepository) log(ctx context.Context, yield func(Batch) bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, "git", append(append([]string{"-C", p.Dir}, gitLog...), p.head)...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r := gitReader{in: bufio.NewReaderSize(out, 1<<16)}
	clock := gitClock{last: p.Last, now: time.Now()}
	for {
		c, err := r.next()
		if err == io.EOF {
			break
		}
		if err == nil && !yield(p.batch(c, &clock)) {
			stop()
			_ = cmd.Wait() // it was stopped
			return nil
		}
		if err != nil {
			stop()
			_ = cmd.Wait()
			return &Error{Path: p.o.Name, Msg: fmt.Sprintf("git log: %v", err), Hint: "git fsck finds what is wrong with a repository"}
		}
		p.commits++
		if p.o.Progress != nil {
			p.o.Progress(r.read, 0)
		}
	}
	if err := cmd.Wait(); err != nil {
		return &Error{Path: p.o.Name, Msg: fmt.Sprintf("git log: %v: %s", err, strings.TrimSpace(said.String())), Hint: "git fsck finds what is wrong with a repository"}
	}
	return nil
}

// gitClock makes times of commits rise, as those of transactions do.
type gitClock struct{ last, now time.Time }

// tick is the time of the next transaction; false where only the database's own clock can tell it.
func (c *gitClock) tick(at time.Time) (time.Time, bool) {
	if next := c.last.Add(time.Millisecond); !c.last.IsZero() && at.Before(next) {
		at = next
	}
	if at.After(c.now) {
		return at, false
	}
	c.last = at
	return at, true
}

// batch is the tx data of a commit.
func (p *gitRepository) batch(c gitCommit, clock *gitClock) Batch {
	id := edn.MakeString(c.id)
	pairs := []edn.Value{
		edn.MakeKeyword("commit/id"), id,
		edn.MakeKeyword("commit/author"), c.author.form(),
		edn.MakeKeyword("commit/authored"), edn.MakeInst(c.authored.UnixMilli()),
		edn.MakeKeyword("commit/committed"), edn.MakeInst(c.committed.UnixMilli()),
		edn.MakeKeyword("commit/subject"), edn.MakeString(c.subject),
	}
	committer := c.committer
	if committer.key() == c.author.key() {
		committer.name = c.author.name // one person has one name in a transaction
	}
	pairs = append(pairs, edn.MakeKeyword("commit/committer"), committer.form())
	if c.message != c.subject {
		pairs = append(pairs, edn.MakeKeyword("commit/message"), edn.MakeString(c.message))
	}
	var parents, files, changes []edn.Value
	for _, parent := range c.parents {
		parents = append(parents, edn.MakeMap(edn.MakeKeyword("commit/id"), edn.MakeString(parent)))
	}
	for _, change := range c.changes {
		files, changes = append(files, fileForm(change.path)), append(changes, change.form())
	}
	for _, list := range []struct {
		ident string
		all   []edn.Value
	}{{"commit/parents", parents}, {"commit/files", files}, {"commit/changes", changes}} {
		if len(list.all) > 0 {
			pairs = append(pairs, edn.MakeKeyword(list.ident), edn.MakeVector(list.all...))
		}
	}
	b := Batch{
		Forms: []edn.Value{edn.MakeMap(pairs...)}, Rows: 1, Datoms: len(pairs)/2 + 6*len(changes), Whole: true,
		By: engine.Some(c.author.String()), Msg: engine.Some(c.subject), once: edn.MakeVector(edn.MakeKeyword("commit/id"), id, edn.MakeKeyword("commit/committed")),
	}
	if at, ok := clock.tick(c.committed); ok {
		b.Forms = append(b.Forms, edn.MakeMap(edn.MakeKeyword("db/id"), edn.MakeString("datomic.tx"), edn.MakeKeyword("db/txInstant"), edn.MakeInst(at.UnixMilli())))
	}
	return b
}

func fileForm(path string) edn.Value {
	return edn.MakeMap(edn.MakeKeyword("file/path"), edn.MakeString(path))
}
