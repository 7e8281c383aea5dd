package fs_test

import (
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/fs"
)

// writers are the ways in which programs write a file in query/, each leaving the text $MIN in query/q.dl where it
// was $MAX, which differs in one word.
var writers = map[string]string{
	"redirect":      `echo "$MIN" > q.dl`,
	"append":        `: > q.dl; echo -n "${MIN:0:9}" >> q.dl; echo "${MIN:9}" >> q.dl`,
	"cat":           `echo "$MIN" | cat > q.dl`,
	"cp":            `echo "$MIN" > $OUT/x; cp $OUT/x q.dl`,
	"cp -p":         `echo "$MIN" > $OUT/x; cp -p $OUT/x q.dl`,
	"cp -a":         `echo "$MIN" > $OUT/x; cp -a $OUT/x q.dl`,
	"install":       `echo "$MIN" > $OUT/x; install -m 644 $OUT/x q.dl`,
	"tee":           `echo "$MIN" | tee q.dl >/dev/null`,
	"tee -a":        `truncate -s 0 q.dl; echo "$MIN" | tee -a q.dl >/dev/null`,
	"sed -i":        `sed -i s/max/min/ q.dl`,
	"sed -i.bak":    `sed -i.bak s/max/min/ q.dl; rm q.dl.bak`,
	"perl -i":       `perl -pi -e s/max/min/ q.dl`,
	"mv over":       `echo "$MIN" > n.dl; mv n.dl q.dl`,
	"mv -f outside": `echo "$MIN" > $OUT/x; mv -f $OUT/x q.dl`,
	"mv -n":         `mv -n q.dl r.dl; echo "$MIN" > q.dl; rm r.dl`,
	"rm first":      `rm q.dl; echo "$MIN" > q.dl`,
	"ln refused":    `ln q.dl r.dl 2>/dev/null || echo "$MIN" > q.dl`,
	"dd":            `echo "$MIN" | dd of=q.dl status=none`,
	"dd notrunc":    `echo "$MIN" | dd of=q.dl conv=notrunc,fsync status=none`,
	"truncate":      `truncate -s 0 q.dl; printf %s "$MIN" > q.dl; printf '\n' >> q.dl`,
	"rsync":         `echo "$MIN" > $OUT/q.dl; rsync -aI $OUT/q.dl .`,
	"rsync inplace": `echo "$MIN" > $OUT/q.dl; rsync -I --inplace $OUT/q.dl q.dl`,
	"tar":           `echo "$MIN" > $OUT/q.dl; tar cf - -C $OUT q.dl | tar xf -`,
	"python":        `python3 -c 'import os; open("q.dl","w").write(os.environ["MIN"]+"\n")'`,
	"python rename": `python3 -c 'import os; open("q.tmp","w").write(os.environ["MIN"]+"\n"); os.replace("q.tmp","q.dl")'`,
	"python r+":     `python3 -c 'import os; f=open("q.dl","r+"); f.seek(0); f.write(os.environ["MIN"]+"\n"); f.truncate(); f.flush(); os.fsync(f.fileno())'`,
	"mmap":          `python3 -c 'import mmap; f=open("q.dl","r+b"); m=mmap.mmap(f.fileno(),0); at=m.find(b"max"); m[at:at+3]=b"min"; m.flush(); m.close()'`,
	"exec fd":       `exec 3> q.dl; echo -n "${MIN:0:9}" >&3; echo "${MIN:9}" >&3; exec 3>&-`,
	"patch":         `printf -- '--- q.dl\n+++ q.dl\n@@ -1 +1 @@\n-%s\n+%s\n' "$MAX" "$MIN" | patch -s q.dl`,
	"ed":            `printf 's/max/min/\nw\nq\n' | ed -s q.dl`,
	"vim":           `vim -u NONE -es -c "set backupskip=" -c '%s/max/min/' -c wq q.dl`,
	"vim backup":    `vim -u NONE -es -c 'set backup writebackup backupcopy=no backupskip=' -c '%s/max/min/' -c wq q.dl; rm q.dl~`,
	"vim swap":      `vim -u NONE -es -c 'set swapfile updatecount=1' -c '%s/max/min/' -c wq q.dl`,
	"node":          `node -e 'require("fs").writeFileSync("q.dl", process.env.MIN+"\n")'`,
	"node rename":   `node -e 'const fs=require("fs"); fs.writeFileSync(".q.dl.1", process.env.MIN+"\n", {flush: true}); fs.renameSync(".q.dl.1", "q.dl")'`,
	"node stream":   `node -e 'const s=require("fs").createWriteStream("q.dl"); for (const c of process.env.MIN+"\n") s.write(c); s.end()'`,
	"nano":          typed(`nano`, ``),
	"nano backup":   typed(`nano -B`, `rm q.dl~`),
}

// typed replaces a line in a terminal: nano is told to cut it, to write another one and to save.
func typed(editor, after string) string {
	return `python3 - ` + editor + ` q.dl <<'END'
import os, pty, select, sys
def screen(fd, until):
    seen = b""
    while until not in seen:
        if not select.select([fd], [], [], 20)[0]:
            sys.exit("nano never showed %r: %r" % (until, seen))
        seen += os.read(fd, 4096)
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[1], sys.argv[1:])
screen(fd, b"max")                                # the text
os.write(fd, b"\x0b" + os.environ["MIN"].encode()) # ^K cuts the line
screen(fd, b"min")
os.write(fd, b"\x0f")                              # ^O saves
screen(fd, b"q.dl")
os.write(fd, b"\r")
screen(fd, b"Wrote")
os.write(fd, b"\x18")                              # ^X leaves
try:
    while os.read(fd, 4096): pass
except OSError: pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
` + after
}

// programs that a writer needs and that not every machine has: scripts/setup.sh installs them.
var optional = []string{"ed", "vim", "patch", "perl", "rsync", "python3", "node", "nano"}

// TestWriters has every program write a query: the text arrives, and it is evaluated once, however often its results are looked at.
func TestWriters(t *testing.T) {
	var evaluated atomic.Int32
	s := peopleSample(t)
	m := mount(t, fs.New([]fs.Database{{Name: "people", Store: s.store}}, fs.Options{Evaluated: func(string) { evaluated.Add(1) }}))
	const texts = `export MAX='[:find (max ?age) . :where [_ :person/age ?age]]' MIN='[:find (min ?age) . :where [_ :person/age ?age]]'; cd query; `
	for name, script := range writers {
		t.Run(name, func(t *testing.T) {
			for _, program := range optional {
				if _, err := exec.LookPath(program); err != nil && strings.Contains(script, program+" ") {
					t.Fatal(program + " is not installed: run scripts/setup.sh " + program)
				}
			}
			m.want(texts+`echo "$MAX" > q.dl; cat q.edn`, "40\n")
			before := evaluated.Load()
			out, err := m.try(texts + script + `
				ls -A; test "$(cat q.dl)" = "$MIN"; [ $(stat -c %s q.dl) = $(echo "$MIN" | wc -c) ]
				cat q.edn; cat q.json q.edn; stat -c %s q.tsv; head -1 q.plan | cut -c1-6; ls -l q.basis >/dev/null`)
			if want := "q.dl\n37\n37\n37\n14\n1 rows\n"; out != want || err != nil {
				t.Errorf("%s\n%v, got %q, want %q", script, err, out, want)
			}
			if n := evaluated.Load() - before; n != 1 {
				t.Errorf("%s\n%d evaluations, want 1", script, n)
			}
			m.sh("rm query/q.dl")
		})
	}
}

func TestQueryDirLimits(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	for script, want := range map[string]string{
		"echo x > query/a.tsv":                        "Operation not permitted",
		"mkdir query/sub":                             "Operation not permitted",
		"ln -s x query/link":                          "Operation not permitted",
		"head -c 17M /dev/zero > query/big":           "No space left",
		"for i in $(seq 1001); do : > query/$i; done": "No space left",
	} {
		out, err := m.try(script)
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v %s, want %s", script, err, out, want)
		}
		m.sh("rm -f query/*")
	}
	m.want("ls -A query", "")
	m.want("echo hi > query/.x.swp; echo hi > 'query/#x#'; ls -A query; rm query/.x.swp 'query/#x#'; ls -A query", "#x#\n.x.swp\n")
}

// TestQuotaLosesNothing fills a query directory: what does not fit is refused, all that was there stays, and there is room again
// when something goes.
func TestQuotaLosesNothing(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	const query = `[:find (count ?e) . :where [?e :person/name]]`
	m.sh(`cd query; for i in $(seq 1000); do echo '` + query + `' > $i.dl; done; ls | wc -l`)
	m.want(errnoOf+`cd query; errno 'open("new.dl", O_CREAT|O_WRONLY)'; errno 'mknod("new.dl")'; ls | wc -l; cat *.dl | sort -u; cat 1.edn 1000.edn`, "ENOSPC\nENOSPC\n1000\n"+query+"\n3\n3\n")
	// What is there can be written and named anew, also by programs that write another file first and have the room for it.
	m.want(`cd query; echo '; more' >> 7.dl; tail -1 7.dl; mv 8.dl 9.dl; sed -i s/count/max/ 9.dl; ls | wc -l; cat 9.edn`, "; more\n999\n3\n")
	m.want(errnoOf+`cd query; : > new; errno 'open("newer", O_CREAT|O_WRONLY)'; rm -f *; ls -A | wc -l`, "ENOSPC\n0\n")

	m.sh(`cd query; echo '` + query + `' > q.dl; head -c 8M /dev/zero > a; head -c 7M /dev/zero > b`)
	m.want(errnoOf+`cd query
		(head -c 2M /dev/zero > c) 2>&1 | grep -o 'No space left' || true; rm c
		errno 'pwrite(open("q.dl", O_WRONLY), b"x", 16<<20)'
		errno 'truncate("b", 17<<20)'; errno 'truncate("b", 9<<20)'; errno 'pwrite(open("b", O_WRONLY), b"x", 9<<20)'
		stat -c %s a b; cat q.dl q.edn`, "No space left\nENOSPC\nENOSPC\nENOSPC\nENOSPC\n8388608\n7340032\n"+query+"\n3\n")
	m.want(`cd query; rm a; head -c 8M /dev/zero > c; mv c b; head -c 7M /dev/zero > a; stat -c %s a b q.dl`, "7340032\n8388608\n46\n")
}

// TestWritersAtOnce has two programs write queries in one mount at the same time.
func TestWritersAtOnce(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	// To files of their own: each arrives whole.
	m.want(`cd query
		writer() { for i in $(seq 100); do echo "[:find (count ?e) . :where [?e :person/$1]] ; $1 $i" > $1$i.dl; [ "$(cat $1$i.edn)" = $2 ] || echo "$1 $i"; done; }
		writer name 3 & writer age 2 & wait; ls | wc -l; cat *.edn 2>/dev/null | wc -l; cat name*.dl | grep -c name; cat age*.dl | grep -vc age || true; rm *`, "200\n0\n100\n0\n")
	// To one file, by renaming over it: what a reader sees is one of the texts, whole, and the last stays.
	m.want(`cd query; N="[:find (count ?e) . :where [?e :person/name]] ; $(printf 'long%.0s' $(seq 5000))"; A="[:find (count ?e) . :where [?e :person/age]]"; echo "$A" > q.dl
		writer() { for i in $(seq 100); do echo "$2" > $1.tmp; mv $1.tmp q.dl; done; }
		reader() { for i in $(seq 100); do cat q.dl; cat q.edn >&2; done; }
		writer 1 "$N" & writer 2 "$A" & reader > $OUT/texts 2> $OUT/answers & wait
		printf '%s\n' "$N" "$A" > $OUT/whole; wc -l < $OUT/texts; grep -vxF -f $OUT/whole $OUT/texts | head -3 | cut -c1-200; sort -u $OUT/answers | grep -vx '[23]' | head -3
		writer 2 "$A"; cat q.dl q.edn; ls`, "100\n[:find (count ?e) . :where [?e :person/age]]\n2\nq.dl\n")
}

func TestUnlinkedFileStaysOpen(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	m.want("cd query; exec 3<> f; rm f; echo hello >&3; ls; cat /proc/self/fd/3", "hello\n")
}

func TestTwoNamesOfOneFile(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	m.want("cd query; exec 3>> f; echo one >&3; mv f g; echo two >&3; cat g; exec 3>&-; echo three >> g; cat g", "one\ntwo\none\ntwo\nthree\n")
}
