package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

// verifying is what verify was told to look at.
type verifying struct {
	deep          bool
	keys          string
	known         signers
	requireSigned bool
}

func (a *app) verifyCommand() *cobra.Command {
	var v verifying
	cmd := &cobra.Command{
		Use:   "verify DB",
		Short: "hash everything that the refs reach again, check signatures, and replay each head against its root",
		Long: `Hash everything that the refs reach again, check the signatures that there are, and replay each head against its root.
What is missing or damaged is listed with what it was for, which refs need it and what cannot be read without it; dhfs
repair fetches it from a copy.

--keys says whose keys may sign: commits that others signed are listed. With --require-signed, so is each commit that
nobody signed, and dhfs exits 1 when there is any of either. --deep makes the trees of every commit anew from the log,
beginning with an empty database, and compares them with what the commits say.

Exits 8 when a block is damaged or missing, or a signature does not fit its commit.`,
		Example: "  dhfs verify shop --deep\n  dhfs verify shop --keys team.pub --require-signed",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if v.requireSigned && v.keys == "" {
				return hinted{usageError{"--require-signed: by whom?"}, "--keys FILE, with the public keys of those who may"}
			}
			if v.known, err = readSigners(v.keys); err != nil {
				return err
			}
			return a.verify(cmd.Context(), p, v)
		},
	}
	cmd.Flags().BoolVar(&v.deep, "deep", false, "make the trees of every commit anew from the log")
	keysFlag(cmd, &v.keys)
	cmd.Flags().BoolVar(&v.requireSigned, "require-signed", false, "fail when a commit is not signed by one of --keys")
	return cmd
}

func (a *app) verify(ctx context.Context, p place, v verifying) error {
	if schemeOf(p.url) == "datahike" {
		return a.verifyDatahike(ctx, p.url)
	}
	ctx = uncached(ctx)
	s, err := openStore(ctx, p.url)
	if err != nil {
		return err
	}
	defer s.Close()
	refs, err := s.Refs(ctx)
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		return hinted{fmt.Errorf("%s: no refs: %w", shown(p.url), cas.ErrNotFound), "dhfs init " + shown(p.url)}
	}
	found := newTable("block", "what", "lost", "commits", "from", "to", "refs", "fault")
	refs, damaged, err := a.verifyBlocks(ctx, s, found)
	if err != nil {
		return err
	}
	signed, err := a.verifySignatures(ctx, s, refs, v, found)
	if err != nil {
		return err
	}
	if found.len() > 0 {
		if err := a.write(found.result()); err != nil {
			return err
		}
	}
	if damaged > 0 { // which heads do not open was told
		return status(exitCorrupt)
	}
	for _, r := range refs {
		if r.Name == cas.AbsentRef {
			continue
		}
		if _, err := engine.Check(ctx, s, r.CID); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		if !v.deep {
			continue
		}
		if err := a.rebuild(ctx, s, r); err != nil {
			return err
		}
	}
	return signed
}

// verifyTries is how often verify begins anew where garbage was removed while it read: what is missing then is no damage.
const verifyTries = 4

// verifyBlocks reads everything that the refs reach, which it returns, and lists what is damaged with what that means.
func (a *app) verifyBlocks(ctx context.Context, s cas.RefStore, t *table) (refs []cas.Ref, damaged int, err error) {
	r, err := a.hashAll(ctx, s)
	for try := 1; err == nil && len(r.found.Faults) > 0 && try < verifyTries; try++ {
		again, oerr := r.overtaken(ctx, s)
		if err = oerr; err != nil || !again {
			break
		}
		r, err = a.hashAll(ctx, s)
	}
	faults := r.found.Faults
	if err == nil && len(faults) > 0 {
		err = a.tellDamage(ctx, s, r.refs, faults, t)
	}
	a.say("%d blocks, %d bytes, %d damaged", r.found.Blocks, r.found.Bytes, len(faults))
	return r.refs, len(faults), err
}

// hashed is what refs reached, and the list of what might be missing, at one moment.
type hashed struct {
	refs    []cas.Ref
	list    cid.Cid
	missing func(cid.Cid) bool
	found   cas.Verified
}

func (a *app) hashAll(ctx context.Context, s cas.RefStore) (r hashed, err error) {
	if r.refs, err = s.Refs(ctx); err != nil {
		return r, err
	}
	absent, err := cas.ReadAbsent(ctx, s)
	if err != nil {
		return r, err
	}
	var heads []cid.Cid
	for _, ref := range r.refs {
		heads = append(heads, ref.CID)
		if ref.Name == cas.AbsentRef {
			r.list = ref.CID
		}
	}
	r.missing = absent.Missing(ctx, s)
	bar := a.progress("verifying", 0)
	r.found, err = cas.Verify(ctx, s, heads, r.missing, func(v cas.Verified) { bar.set(v.Bytes) })
	bar.done()
	return r, err
}

// overtaken tells whether garbage was removed since.
func (r hashed) overtaken(ctx context.Context, s cas.RefStore) (bool, error) {
	list, err := s.Ref(ctx, cas.AbsentRef)
	if err != nil && !errors.Is(err, cas.ErrNotFound) {
		return false, err
	}
	return list != r.list || slices.ContainsFunc(r.found.Faults, func(f cas.Fault) bool { return r.missing(f.CID) }), nil
}

// tellDamage lists what each faulty block was for.
func (a *app) tellDamage(ctx context.Context, s cas.RefStore, refs []cas.Ref, faults []cas.Fault, t *table) error {
	bar := a.progress("finding out what is lost", 0)
	all, err := engine.Explain(ctx, s, refs, faults, func(read int64) { bar.set(read) })
	bar.done()
	if err != nil {
		return err
	}
	for i, d := range all {
		t.add(text(d.CID.String()), text(d.What), text(d.Lost), number(d.Commits), number(d.First), number(d.Last), text(strings.Join(d.Refs, " ")), text(faults[i].Err.Error()))
	}
	a.say("dhfs repair DB --from OTHER fetches them from a copy; what is not listed can still be read")
	return nil
}

// verifySignatures checks each commit's signature, lists those that are not as they should be, and says how many there are of each
// sort. The error is what it comes to.
func (a *app) verifySignatures(ctx context.Context, s store, refs []cas.Ref, v verifying, t *table) (outcome, err error) {
	var heads []cid.Cid
	for _, r := range refs {
		if r.Name != cas.AbsentRef {
			heads = append(heads, r.CID)
		}
	}
	var counts [seals]int
	bar := a.progress("checking signatures", 0)
	for c, err := range engine.History(ctx, s, heads) {
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		if err != nil { // told with the blocks
			continue
		}
		by := v.known.seal(c)
		counts[by.state]++
		bar.add(1)
		if by.state == badly || by.state == byUnknown && v.known != nil || by.state == unsigned && v.requireSigned {
			what := fmt.Sprintf("commit of t %d by %q", c.T, c.By)
			t.add(text(c.ID.String()), text(what), text(""), number(1), number(c.T), number(c.T), text(""), text(strings.TrimSpace(by.state.String()+" "+by.who)))
		}
	}
	bar.done()
	signed := counts[byKnown] + counts[byUnknown] + counts[badly]
	if signed == 0 && v.known == nil {
		return nil, nil
	}
	if v.known == nil {
		a.say("%s signed, by whom --keys FILE would tell; %d with a bad signature, %d unsigned", counted(counts[byUnknown], "commit"), counts[badly], counts[unsigned])
	} else {
		a.say("%s signed by known keys, %d by unknown keys, %d with a bad signature, %d unsigned", counted(counts[byKnown], "commit"), counts[byUnknown], counts[badly], counts[unsigned])
	}
	switch {
	case counts[badly] > 0:
		return status(exitCorrupt), nil
	case v.requireSigned && counts[byUnknown]+counts[unsigned] > 0:
		return status(exitFailed), nil
	}
	return nil, nil
}

// rebuild makes the trees of a ref's commits anew.
func (a *app) rebuild(ctx context.Context, s store, r cas.Ref) error {
	var bar progress
	done, err := engine.Rebuild(ctx, s, r.CID, func(n, of int) {
		if n == 1 {
			bar = a.progress("rebuilding "+r.Name, int64(of))
		}
		bar.set(int64(n))
	})
	bar.done()
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	a.say("%s: %d transactions after t%d rebuilt; %d purges were taken as they are", r.Name, done.Transactions, done.From, done.Purges)
	return nil
}
