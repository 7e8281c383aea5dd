//go:build unix

package test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cascache"
	"github.com/dhfs/dhfs/cas/cass3"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
)

// s3Wire counts what goes over it. Of requests that wait for each other, it tells how many there are: an answer is given only when all has been asked that does not
// wait for it, or what is asked at once would seem to be asked in turn when the processors are busy.
type s3Wire struct {
	mu     sync.Mutex
	all    map[string]int // by method
	read   int64          // bytes of answers
	wrote  int64          // bytes of requests
	serial int            // of the requests so far, the longest row in which each began after the one before had ended
	log    []string
}

func (w *s3Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	row := w.serial + 1
	w.all[r.Method]++
	w.wrote += max(0, r.ContentLength)
	w.log = append(w.log, fmt.Sprintf("%d: %s %s %s", row, r.Method, r.URL.Path, r.Header.Get("Range")))
	w.mu.Unlock()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	untilAllWait()
	answer.Body = &s3Body{io.NopCloser(bytes.NewReader(data)), w, row}
	return answer, nil
}

// untilAllWait returns when all other goroutines wait for something. A few rounds of looking are enough, since looking is done seldom; a second is the most.
func untilAllWait() {
	states := []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}, {Name: "/sched/goroutines/running:goroutines"}}
	for rounds, calm := 0, 0; rounds < 5000 && calm < 3; rounds++ {
		time.Sleep(200 * time.Microsecond)
		metrics.Read(states)
		if states[0].Value.Uint64() == 0 && states[1].Value.Uint64() <= 1 {
			calm++
		} else {
			calm = 0
		}
	}
}

type s3Body struct {
	io.ReadCloser
	w   *s3Wire
	row int
}

func (b *s3Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	b.w.read += int64(n)
	return n, err
}

func (b *s3Body) Close() error {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	b.w.serial = max(b.w.serial, b.row)
	return b.ReadCloser.Close()
}

type s3Requests struct {
	gets, puts, serial int
	read, wrote        int64
	log                []string
}

func (r s3Requests) String() string {
	return fmt.Sprintf("%d GETs, %d in a row, %d bytes; %d PUTs, %d bytes\n%s", r.gets, r.serial, r.read, r.puts, r.wrote, strings.Join(r.log, "\n"))
}

// take returns what was counted since the last take.
func (w *s3Wire) take() s3Requests {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := s3Requests{w.all["GET"], w.all["PUT"], w.serial, w.read, w.wrote, w.log}
	w.all, w.serial, w.read, w.wrote, w.log = map[string]int{}, 0, 0, 0, nil
	return r
}

const crowdSchema = `
	{:db/ident :person/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
	{:db/ident :person/first :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
	{:db/ident :person/last :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
	{:db/ident :person/age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
	{:db/ident :person/salary :db/valueType :db.type/long :db/cardinality :db.cardinality/one}`

// crowd is n people from the given number on, five datoms each.
func crowd(from, n int) []edn.Value {
	forms := make([]edn.Value, n)
	for i := range forms {
		k := uint64(from+i+1) * 0x9e3779b97f4a7c15 // as good as random
		forms[i] = edn.MakeMap(
			edn.MakeKeyword("person/id"), edn.MakeString(fmt.Sprintf("p%06d", from+i)),
			edn.MakeKeyword("person/first"), edn.MakeString(fmt.Sprintf("First%d", k>>60)),
			edn.MakeKeyword("person/last"), edn.MakeString(fmt.Sprintf("Last%d", k>>52&0xff)),
			edn.MakeKeyword("person/age"), edn.MakeInt(int64(18+k>>40%70)),
			edn.MakeKeyword("person/salary"), edn.MakeInt(int64(20_000+k>>20%80_000)))
	}
	return forms
}

func got[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// s3Place is the URL of a store that is not there yet. The keys are put into the environment.
func s3Place(t *testing.T) string {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", servers.S3AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", servers.S3SecretKey)
	return servers.S3(t).URL(t.Name())
}

// envGrowth is how many bytes commits have to add to a bucket before one of the processes makes it smaller.
const envGrowth = "DHFS_GROWTH"

func s3Growth() int64 {
	n, _ := strconv.ParseInt(os.Getenv(envGrowth), 10, 64)
	return n
}

// TestManyWritersS3 is TestManyWriters in a bucket, which some of them make smaller now and then.
func TestManyWritersS3(t *testing.T) {
	if os.Getenv(envGrowth) == "" {
		t.Setenv(envGrowth, strconv.Itoa(8<<20))
	}
	if r := race(t, s3Place(t), s3Commits); r.most > 8 { // of the 32 that a transaction may take
		t.Errorf("a transaction was run %d times", r.most)
	}
}

// TestKill9S3 kills processes that write to a bucket.
func TestKill9S3(t *testing.T) { killWriters(t, s3Place(t), 4) }

// s3Crowd makes a database of DHFS_PEOPLE people in a bucket, 20,000 where nobody says, and returns its URL.
func s3Crowd(t *testing.T) (url string, people int) {
	t.Helper()
	people = got[int](t)(strconv.Atoi(cmp.Or(os.Getenv("DHFS_PEOPLE"), "20000")))
	url = s3Place(t)
	s := got[*cass3.Store](t)(cass3.Create(t.Context(), url, cass3.Options{}))
	defer s.Close()
	c := got[*engine.Conn](t)(engine.Create(t.Context(), s, "main", engine.Options{}, time.Now()))
	got[engine.Report](t)(c.Transact(t.Context(), got[[]edn.Value](t)(edn.ParseAll(crowdSchema)), engine.Meta{}))
	const batch = 50_000
	for from := 0; from < people; from += batch {
		n := min(batch, people-from)
		write := c.TransactMore
		if from+n == people {
			write = c.TransactLast
		}
		got[engine.Report](t)(write(t.Context(), crowd(from, n), engine.Meta{}))
	}
	return url, people
}

// What a process asks of a bucket: the first look-up ever, the next ones, and commits.
func TestS3Requests(t *testing.T) {
	url, people := s3Crowd(t)
	w := &s3Wire{all: map[string]int{}}
	open := func() *cass3.Store {
		s := got[*cass3.Store](t)(cass3.Open(t.Context(), url, cass3.Options{Transport: w, Alone: true}))
		t.Cleanup(func() { s.Close() })
		w.take() // which has read one small object, to see that there is a store
		return s
	}
	head := func(s cas.RefStore, g cas.Getter) engine.DB {
		return got[engine.DB](t)(engine.Open(t.Context(), g, got[cid.Cid](t)(s.Ref(t.Context(), "heads/main"))))
	}
	for _, kind := range []struct {
		what   string
		look   func(context.Context, engine.DB, int) error
		limits [3]int // of GETs in a row
		near   int    // of GETs, in a value that is open, for an entity near the one before
	}{
		{"an entity by its id", entityByID, [3]int{3, 3, 3}, 1},
		{"an entity by its key", entityByKey, [3]int{5, 4, 4}, 2},
		{"one value", oneValue, [3]int{3, 3, 3}, 1},
		{"an entity by a value", entityByValue, [3]int{5, 5, 5}, 4}, // who is near does not earn about the same
		{"a query", personByQuery, [3]int{5, 4, 4}, 2},
	} {
		t.Run(kind.what, func(t *testing.T) {
			s := open()
			cached := engine.Cached(s, 64<<20)
			for i, limit := range kind.limits {
				if err := kind.look(t.Context(), head(s, cached), people/2+1000*i); err != nil {
					t.Fatal(err)
				}
				n := w.take()
				t.Logf("look-up %d: %s", i+1, n)
				if n.serial > limit || n.read > 64<<10 {
					t.Errorf("look-up %d: more than %d GETs in a row or 64 KiB", i+1, limit)
				}
			}
			// What was read is not read again, but for the ref.
			db := head(s, cached)
			if err := kind.look(t.Context(), db, people/2); err != nil {
				t.Fatal(err)
			}
			if n := w.take(); n.gets > 1 || n.read > 1<<10 {
				t.Errorf("the same again: %s", n)
			}
			if err := kind.look(t.Context(), db, people/2+150); err != nil {
				t.Fatal(err)
			}
			n := w.take()
			t.Logf("one that is near: %s", n)
			if n.gets > kind.near || n.read > int64(kind.near)<<12 {
				t.Errorf("one that is near takes more than %d GETs of 4 KiB", kind.near)
			}
		})
	}
	// A process that finds the way down in the disk cache knows where what it leads to lies: one GET, without a look into an index.
	t.Run("behind the disk cache", func(t *testing.T) {
		dir := t.TempDir()
		behind := func() (engine.DB, s3Requests) {
			s := open()
			c := got[*cascache.Cache](t)(cascache.Open(dir, 0)).Over(s, url)
			db := head(c, c)
			return db, w.take()
		}
		db, _ := behind()
		if err := entityByKey(t.Context(), db, people/2); err != nil {
			t.Fatal(err)
		}
		w.take()
		for i := range 3 {
			db, _ := behind()
			w.take()
			if err := entityByID(t.Context(), db, people/2+50*(i+1)); err != nil {
				t.Fatal(err)
			}
			n := w.take()
			t.Logf("another entity: %s", n)
			if n.gets > 1 || n.read > 8<<10 {
				t.Errorf("another entity takes more than a GET of its leaf: %s", n)
			}
		}
	})
	t.Run("blocks by their names", func(t *testing.T) {
		all := open()
		ids, step := []cid.Cid{}, 0
		for id, err := range all.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if step++; step%97 == 0 {
				ids = append(ids, id)
			}
		}
		n := w.take()
		t.Logf("%d blocks: %d GETs, %d bytes", step, n.gets, n.read)
		for i := 0; i < len(ids) && i < 50; i++ {
			s := open()
			if _, err := s.Ref(t.Context(), "heads/main"); err != nil {
				t.Fatal(err)
			}
			ref := w.take()
			if _, err := s.Get(t.Context(), ids[i]); err != nil {
				t.Fatal(err)
			}
			n := w.take()
			if i < 3 {
				t.Logf("after %d bytes of the ref: %s", ref.read, n)
			}
			size := got[int64](t)(s.Size(t.Context(), ids[i])) // that of the import's transaction is large
			if n.serial > 3 || ref.read+n.read > 72<<10+size {
				t.Errorf("block %s of %d bytes, after %d bytes of the ref: %s", ids[i], size, ref.read, n)
			}
		}
	})
	t.Run("commits", func(t *testing.T) {
		c := got[*engine.Conn](t)(engine.Connect(t.Context(), open(), "main"))
		var wrote int64
		for i := range 70 {
			forms := got[[]edn.Value](t)(edn.ParseAll(fmt.Sprintf(`{:person/id "p%06d" :person/age 5}`, i*97)))
			got[engine.Report](t)(c.Transact(t.Context(), forms, engine.Meta{}))
			n := w.take()
			wrote += n.wrote
			if i < 3 || i == 69 {
				t.Logf("commit %d: %s", i, n)
			}
			if i > 0 && n.puts != 2 {
				t.Errorf("commit %d: %s", i, n)
			}
			if i == 3 || i == 40 || i == 69 {
				s := open()
				if err := entityByKey(t.Context(), head(s, s), people/2); err != nil {
					t.Fatal(err)
				}
				n := w.take()
				t.Logf("an entity by its key after %d commits: %s", i+1, n)
				if n.serial > 5 || n.read > 64<<10 {
					t.Errorf("an entity by its key after %d commits: more than 5 GETs in a row or 64 KiB", i+1)
				}
			}
		}
		t.Logf("70 commits wrote %d bytes each", wrote/70)
	})
}

func entityByID(ctx context.Context, db engine.DB, person int) error {
	n := 0
	for d, err := range db.Match(ctx, engine.Pattern{E: engine.Some(engine.ID(person))}) {
		if err != nil {
			return err
		}
		_ = d
		n++
	}
	if n != 5 {
		return fmt.Errorf("entity %d has %d datoms", person, n)
	}
	return nil
}

func entityByKey(ctx context.Context, db engine.DB, person int) error {
	key, _ := db.Schema().ByIdent("person/id")
	id, ok, err := db.Entid(ctx, key.ID, engine.String(fmt.Sprintf("p%06d", person)))
	if err != nil || !ok {
		return fmt.Errorf("person %d: %v, %w", person, ok, err)
	}
	return entityByID(ctx, db, int(id))
}

// entityByValue looks for who earns what a person earns.
func entityByValue(ctx context.Context, db engine.DB, person int) error {
	salary, _ := db.Schema().ByIdent("person/salary")
	k := uint64(person+1) * 0x9e3779b97f4a7c15 // as in crowd
	for d, err := range db.Match(ctx, engine.Pattern{A: engine.Some(salary.ID), V: engine.Some(engine.Long(int64(20_000 + k>>20%80_000)))}) {
		if err != nil {
			return err
		}
		return entityByID(ctx, db, int(d.E))
	}
	return fmt.Errorf("nobody earns what person %d does", person)
}

// personByQuery asks for two attributes of a person by its key.
func personByQuery(ctx context.Context, db engine.DB, person int) error {
	q, err := queries.Parse(fmt.Sprintf(`[:find ?last ?age :where [?e :person/id "p%06d"] [?e :person/last ?last] [?e :person/age ?age]]`, person))
	if err != nil {
		return err
	}
	rows, err := queries.Run(ctx, q, []queries.Input{queries.DB(db)}, queries.Limits{})
	if err == nil && rows.Len() != 1 {
		err = fmt.Errorf("person %d: %d rows", person, rows.Len())
	}
	return err
}

func oneValue(ctx context.Context, db engine.DB, person int) error {
	age, _ := db.Schema().ByIdent("person/age")
	for _, err := range db.Match(ctx, engine.Pattern{E: engine.Some(engine.ID(person)), A: engine.Some(age.ID)}) {
		return err
	}
	return fmt.Errorf("person %d has no age", person)
}
