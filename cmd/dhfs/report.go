package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// printReport prints t, commit, tempids and datoms, a datom at a time: there may be millions. With --quiet only what a dry
// run would have done is printed: that is all a dry run is for.
func (a *app) printReport(ctx context.Context, r engine.Report) error {
	if a.quiet && r.Commit.ID.Defined() {
		return nil
	}
	out := bufio.NewWriter(a.out)
	err := reportIn(ctx, out, r, a.format)
	if err != nil {
		return err
	}
	return out.Flush()
}

func reportIn(ctx context.Context, out *bufio.Writer, r engine.Report, format string) error {
	if format == "edn" || format == "json" || format == "jsonl" {
		return reportValue(ctx, out, r, format)
	}
	return reportText(ctx, out, r)
}

func reportText(ctx context.Context, out *bufio.Writer, r engine.Report) error {
	fmt.Fprintf(out, "t\t%d\n", r.After.T())
	if r.Commit.ID.Defined() {
		fmt.Fprintf(out, "commit\t%s\n", r.Commit.ID)
	}
	if len(r.Purged) > 0 {
		fmt.Fprintf(out, "purged\t%d\n", len(r.Purged))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Tempids)) {
		fmt.Fprintf(out, "tempid\t%s\t%d\n", name, r.Tempids[name])
	}
	return eachDatom(ctx, r, func(d engine.Datom) error {
		_, err := fmt.Fprintf(out, "%s\t%s\n", op(d), datomText(r.After, d))
		return err
	})
}

// reportValue prints the report as one form, of which the datoms are the end.
func reportValue(ctx context.Context, out *bufio.Writer, r engine.Report, format string) error {
	write, between := edn.AppendJSON, ","
	if format == "edn" {
		write, between = edn.Append, " "
	}
	const end = "]}"
	_, err := out.Write(bytes.TrimSuffix(write(nil, reportForm(r)), []byte(end)))
	if err != nil {
		return err
	}
	var text []byte
	err = eachDatom(ctx, r, func(d engine.Datom) error {
		_, err := out.Write(write(text, datomForm(r.After, d)))
		text = append(text[:0], between...)
		return err
	})
	if err != nil {
		return err
	}
	_, err = out.WriteString(end + "\n")
	return err
}

// reportForm is the report without its datoms.
func reportForm(r engine.Report) edn.Value {
	var tempids []edn.Value
	for _, name := range slices.Sorted(maps.Keys(r.Tempids)) {
		tempids = append(tempids, text(name), number(r.Tempids[name]))
	}
	commit := edn.MakeNil()
	if r.Commit.ID.Defined() {
		commit = text(r.Commit.ID.String())
	}
	return edn.MakeMap(
		edn.MakeKeyword("t"), number(r.After.T()),
		edn.MakeKeyword("commit"), commit,
		edn.MakeKeyword("tempids"), edn.MakeMap(tempids...),
		edn.MakeKeyword("purged"), number(len(r.Purged)),
		edn.MakeKeyword("datoms"), edn.MakeVector(),
	)
}

// eachDatom calls f with every datom of the report, values that live out of line read.
func eachDatom(ctx context.Context, r engine.Report, f func(engine.Datom) error) error {
	for _, d := range r.Datoms {
		var err error
		if d.V, err = r.After.Resolve(ctx, d.V); err != nil {
			return err
		}
		if err := f(d); err != nil {
			return err
		}
	}
	return nil
}
