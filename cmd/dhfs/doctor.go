package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/fs"
	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor [DB...]",
		Short: "look for what keeps mounts and databases from working, and tell what mends it",
		Long: `Look at what mounts need of this system, at the mounts there are and at the given
databases. Exit 0 when nothing is wrong, 1 otherwise; notes are not wrong.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.db != "" {
				args = append(args, a.db)
			}
			return a.doctor(cmd.Context(), args)
		},
	}
}

// doctor prints one line for each thing it looked at.
func (a *app) doctor(ctx context.Context, dbs []string) error {
	findings := fs.CheckMounting()
	mounts, err := checkMounts(ctx)
	if err != nil {
		return err
	}
	findings = append(findings, mounts...)
	for _, db := range dbs {
		findings = append(findings, checkDB(ctx, parsePlace(db).url)...)
	}
	t, wrong := newTable("what", "state", "finding", "mend"), false
	for _, f := range findings {
		wrong = wrong || f.State == fs.Problem
		t.add(text(f.What), text(f.State), text(f.Says), text(f.Mend))
	}
	if err := a.write(t.result()); err != nil {
		return err
	}
	if wrong {
		return status(exitFailed)
	}
	return nil
}

// checkMounts looks whether all mounts answer.
func checkMounts(ctx context.Context) ([]fs.Finding, error) {
	all, err := fs.Mounts()
	if err != nil {
		return nil, err
	}
	var findings []fs.Finding
	for _, m := range all {
		f := fs.Finding{What: "mount " + m.Dir, State: fs.Good, Says: "it shows " + m.Name}
		switch mountState(ctx, m.Dir) {
		case mountStale:
			f.State, f.Says, f.Mend = fs.Problem, "the program that served it is gone", "dhfs umount "+m.Dir
		case mountStalled:
			f.State, f.Says, f.Mend = fs.Problem, fmt.Sprintf("no answer within %s", patience), "look whether its store can be reached, or: umount -l "+m.Dir
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// checkDB looks at one database: whether it can be read and written, and at the disk it is on.
func checkDB(ctx context.Context, db string) []fs.Finding {
	read := checkReading(ctx, db)
	dir, ok := fileDir(db)
	if read.State == fs.Problem {
		return []fs.Finding{read}
	}
	if !ok {
		return append([]fs.Finding{read, checkFarWriting(ctx, db)}, checkClock(ctx, db)...)
	}
	return []fs.Finding{read, checkWriting(db, dir), checkLock(db, dir), checkSpace(db, dir)}
}

// checkReading opens the head of every branch.
func checkReading(ctx context.Context, db string) fs.Finding {
	f := fs.Finding{What: shown(db), State: fs.Good}
	refs, t, newest, err := openHeads(ctx, db)
	if err != nil {
		told := describe(err)
		f.State, f.Says, f.Mend = fs.Problem, told.Message, told.Hint
		switch {
		case told.Code == "version":
			f.Mend = "use the dhfs that made it"
		case f.Mend == "" || told.Exit == exitCorrupt:
			f.Mend = "dhfs verify " + db
		}
		return f
	}
	f.Says = fmt.Sprintf("it can be read: %d refs, t %d", refs, t)
	if ahead := newest.Sub(now()); ahead > maxAhead {
		f.State, f.Says, f.Mend = fs.Note, fmt.Sprintf("%s; its newest commit is of %s, %s from now", f.Says, newest.UTC().Format(timeLayout), ahead.Round(time.Second)), "set the clock of this machine, or of the one that wrote it: timedatectl set-ntp true"
	}
	return f
}

// maxAhead is how far the clocks of two machines may be apart before it is worth a word.
const maxAhead = 5 * time.Minute

func openHeads(ctx context.Context, db string) (refs int, t uint64, newest time.Time, err error) {
	s, err := openStore(ctx, db)
	if err != nil {
		return 0, 0, newest, err
	}
	defer s.Close()
	all, err := s.Refs(ctx)
	if err != nil {
		return 0, 0, newest, err
	}
	if len(all) == 0 {
		return 0, 0, newest, hinted{fmt.Errorf("no refs: %w", cas.ErrNotFound), "dhfs init " + db}
	}
	for _, r := range all {
		if r.Name == cas.AbsentRef { // a list, not a commit
			continue
		}
		value, err := engine.Check(ctx, s, r.CID)
		if err != nil {
			return 0, 0, newest, fmt.Errorf("%s: %w", r.Name, err)
		}
		if t = max(t, value.T()); value.At().After(newest) {
			newest = value.At()
		}
	}
	return len(all), t, newest, nil
}

// checkFarWriting has a branch point at where it points: that takes the same rights and the same conditions as a commit, and leaves nothing.
func checkFarWriting(ctx context.Context, db string) fs.Finding {
	f := fs.Finding{What: shown(db) + ": writing", State: fs.Good, Says: "it can be written"}
	err := moveNowhere(ctx, db)
	told := fault{}
	if err != nil {
		told = describe(err)
	}
	switch {
	case err == nil, told.Exit == exitConflict: // another writer was faster
	case told.Exit == exitPermission:
		f.State, f.Says, f.Mend = fs.Note, "it can only be read: "+told.Message, told.Hint
	default:
		f.State, f.Says, f.Mend = fs.Problem, told.Message, told.Hint
	}
	return f
}

func moveNowhere(ctx context.Context, db string) error {
	s, err := openStore(ctx, db)
	if err != nil {
		return err
	}
	defer s.Close()
	refs, err := s.Refs(ctx)
	if err != nil {
		return err
	}
	for _, r := range refs {
		if r.Name != cas.AbsentRef {
			return s.SetRef(ctx, r.Name, r.CID, r.CID)
		}
	}
	return nil
}

// checkClock compares the clock of this machine with that of a server which refuses what is signed by one that is wrong.
func checkClock(ctx context.Context, db string) []fs.Finding {
	s, err := openStore(ctx, db)
	if err != nil {
		return nil // it was read just now, and whoever reads it next is told
	}
	defer s.Close()
	server, ok := cas.As[interface{ ClockAhead() (time.Duration, bool) }](s)
	if !ok {
		return nil
	}
	ahead, ok := server.ClockAhead()
	if !ok {
		return nil
	}
	f := fs.Finding{What: shown(db) + ": clock", State: fs.Good, Says: "it is that of the server"}
	if ahead.Abs() > maxAhead {
		side := "ahead of"
		if ahead < 0 {
			side = "behind"
		}
		f.State, f.Says = fs.Note, fmt.Sprintf("the clock of this machine is %s %s the server's, which refuses what is signed when they are 15m apart", ahead.Abs(), side)
		f.Mend = "timedatectl set-ntp true"
	}
	return []fs.Finding{f}
}

// checkWriting looks at the permissions of the files that a commit writes.
func checkWriting(db, dir string) fs.Finding {
	f := fs.Finding{What: db + ": writing", State: fs.Good, Says: "it can be written"}
	for _, name := range []string{".", "packs", "journal", "lock"} {
		path := filepath.Join(dir, name)
		err := canWrite(path)
		switch {
		case errors.Is(err, errReadOnlyDisk):
			f.State, f.Says = fs.Note, "it can only be read: its disk is read-only"
		case err != nil:
			f.State, f.Says, f.Mend = fs.Note, fmt.Sprintf("it can only be read: %v", err), "as its owner: chmod -R u+rwX "+dir
		}
	}
	return f
}

// checkLock looks whether somebody writes just now. The system gives the lock back when a process ends, however it ends.
func checkLock(db, dir string) fs.Finding {
	f := fs.Finding{What: db + ": lock", State: fs.Good, Says: "it is free"}
	held, err := lockHeld(filepath.Join(dir, "lock"))
	switch {
	case err != nil:
		f.State, f.Says = fs.Note, fmt.Sprint("it cannot be looked at: ", err)
	case held:
		f.State, f.Says, f.Mend = fs.Note, "another process is writing", "if that does not end: fuser -v "+filepath.Join(dir, "lock")
	}
	return f
}

// minFree is how much room a disk should have: a journal grows to 64 MiB before it is sealed.
const minFree = 64 << 20

func checkSpace(db, dir string) fs.Finding {
	f := fs.Finding{What: db + ": disk", State: fs.Good}
	free, err := freeSpace(dir)
	f.Says = fmt.Sprintf("%d MiB are free", free>>20)
	switch {
	case err != nil:
		f.State, f.Says = fs.Note, fmt.Sprint("the room left is not known: ", err)
	case free < minFree:
		f.State, f.Mend = fs.Problem, fmt.Sprintf("free some space; %d MiB should do for a while", minFree>>20)
	}
	return f
}
