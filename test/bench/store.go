//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// importing loads the people, and the same rows into SQLite as one table of facts with three indexes.
func (b *bench) importing() error {
	csv := b.path("people.csv")
	if err := writePeople(csv, b.people); err != nil {
		return err
	}
	cmd := exec.Command(b.dhfs, "import", b.path("people"), csv, "--as", "person", "--key", "id", "--quiet")
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("import: %w: %s", err, out)
	}
	took := time.Since(start)
	datoms := float64(5 * b.people)
	peer, err := b.sqliteImport(csv)
	if err != nil {
		return err
	}
	b.row(fmt.Sprintf("import %d datoms", 5*b.people), fmt.Sprintf("%s, %.0f k datoms/s", seconds(took), datoms/took.Seconds()/1000), "≥ 100 k datoms/s", peer)
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		b.row("  peak memory", fmt.Sprintf("%d MB", u.Maxrss/1024), "≤ 500 MB", "")
	}
	size, err := diskBytes(b.path("people"))
	if err != nil {
		return err
	}
	b.row("  bytes a datom on disk, with history", fmt.Sprintf("%.1f", float64(size)/datoms), "≤ 30", b.sqliteSize(datoms))
	return nil
}

// sqliteImport loads the same facts with the sqlite3 shell; "" where there is none.
func (b *bench) sqliteImport(csv string) (string, error) {
	if _, err := exec.LookPath("sqlite3"); err != nil {
		return "", nil
	}
	script := `create table p(id,name,last,age,salary);
.mode csv
.import --skip 1 ` + csv + ` p
create table d(e integer, a text, v);
insert into d select rowid,'id',id from p union all select rowid,'name',name from p union all select rowid,'last',last from p
 union all select rowid,'age',cast(age as integer) from p union all select rowid,'salary',cast(salary as integer) from p;
drop table p;
create unique index eav on d(e,a,v); create index aev on d(a,e,v); create index ave on d(a,v,e);
vacuum;`
	cmd := exec.Command("sqlite3", b.path("people.sqlite"))
	cmd.Stdin = strings.NewReader(script)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("sqlite3: %w: %s", err, out)
	}
	return seconds(time.Since(start)), nil
}

func (b *bench) sqliteSize(datoms float64) string {
	size, err := diskBytes(b.path("people.sqlite"))
	if err != nil || size == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(size)/datoms)
}

// querying asks for one entity, a new process each time.
func (b *bench) querying() error {
	key := b.people / 3
	query := fmt.Sprintf(`[:find ?a ?v :where [?e :person/id %d] [?e ?a ?v]]`, key)
	took, err := b.medianOf(b.dhfs, "query", b.path("people"), query)
	if err != nil {
		return err
	}
	peer := ""
	if _, err := exec.LookPath("sqlite3"); err == nil {
		d, err := b.medianOf("sqlite3", b.path("people.sqlite"), fmt.Sprintf("select a,v from d where e=%d", key))
		if err != nil {
			return err
		}
		peer = ms(d)
	}
	b.row("query one entity, cold process", ms(took), "≤ 50 ms", peer)
	return nil
}

// writing commits one datom at a time, a new process each.
func (b *bench) writing() error {
	before, err := diskBytes(b.path("people"))
	if err != nil {
		return err
	}
	n := 0
	took, err := b.median(func() (time.Duration, error) {
		n++
		d, _, err := timed(b.dhfs, "tx", b.path("people"), fmt.Sprintf(`[{:person/id %d :person/age %d}]`, 10*n, 200+n))
		return d, err
	})
	if err != nil {
		return err
	}
	after, err := diskBytes(b.path("people"))
	if err != nil {
		return err
	}
	b.row("one-datom transaction, whole process", ms(took), "", "")
	b.row("  bytes written", fmt.Sprint((after-before)/int64(n)), "≤ 1024", "")
	return nil
}
