package fs_test

import (
	"os/exec"
	"strings"
	"testing"
)

// writers are the ways in which programs write a file in query/, each leaving
// query/q.dl with the text "two" where it was "one".
var writers = map[string]string{
	"redirect":      `echo two > q.dl`,
	"append":        `: > q.dl; echo -n t >> q.dl; echo wo >> q.dl`,
	"cat":           `echo two | cat > q.dl`,
	"cp":            `echo two > $OUT/x; cp $OUT/x q.dl`,
	"cp -p":         `echo two > $OUT/x; cp -p $OUT/x q.dl`,
	"cp -a":         `echo two > $OUT/x; cp -a $OUT/x q.dl`,
	"install":       `echo two > $OUT/x; install -m 644 $OUT/x q.dl`,
	"tee":           `echo two | tee q.dl >/dev/null`,
	"tee -a":        `truncate -s 0 q.dl; echo two | tee -a q.dl >/dev/null`,
	"sed -i":        `sed -i s/one/two/ q.dl`,
	"sed -i.bak":    `sed -i.bak s/one/two/ q.dl; rm q.dl.bak`,
	"perl -i":       `perl -pi -e s/one/two/ q.dl`,
	"mv over":       `echo two > n.dl; mv n.dl q.dl`,
	"mv -f outside": `echo two > $OUT/x; mv -f $OUT/x q.dl`,
	"mv -n":         `mv -n q.dl r.dl; echo two > q.dl; rm r.dl`,
	"rm first":      `rm q.dl; echo two > q.dl`,
	"ln refused":    `ln q.dl r.dl 2>/dev/null || echo two > q.dl`,
	"dd":            `echo two | dd of=q.dl status=none`,
	"dd notrunc":    `echo two | dd of=q.dl conv=notrunc,fsync status=none`,
	"truncate":      `truncate -s 0 q.dl; printf two > q.dl; printf '\n' >> q.dl`,
	"rsync":         `echo two > $OUT/q.dl; rsync -a $OUT/q.dl .`,
	"rsync inplace": `echo two > $OUT/q.dl; rsync --inplace $OUT/q.dl q.dl`,
	"tar":           `echo two > $OUT/q.dl; tar cf - -C $OUT q.dl | tar xf -`,
	"python":        `python3 -c 'open("q.dl","w").write("two\n")'`,
	"python rename": `python3 -c 'import os; open("q.tmp","w").write("two\n"); os.replace("q.tmp","q.dl")'`,
	"python r+":     `python3 -c 'f=open("q.dl","r+"); f.seek(0); f.write("two\n"); f.truncate(); f.flush(); import os; os.fsync(f.fileno())'`,
	"mmap":          `python3 -c 'import mmap; f=open("q.dl","r+b"); m=mmap.mmap(f.fileno(),0); m[0:3]=b"two"; m.flush(); m.close()'`,
	"exec fd":       `exec 3> q.dl; echo -n tw >&3; echo o >&3; exec 3>&-`,
	"patch":         `printf -- '--- q.dl\n+++ q.dl\n@@ -1 +1 @@\n-one\n+two\n' | patch -s q.dl`,
	"ed":            `printf 's/one/two/\nw\nq\n' | ed -s q.dl`,
	"vim":           `vim -u NONE -es -c "set backupskip=" -c '%s/one/two/' -c wq q.dl`,
	"vim backup":    `vim -u NONE -es -c 'set backup writebackup backupcopy=no backupskip=' -c '%s/one/two/' -c wq q.dl; rm q.dl~`,
	"vim swap":      `vim -u NONE -es -c 'set swapfile updatecount=1' -c '%s/one/two/' -c wq q.dl`,
}

// programs that a writer needs and that not every machine has: scripts/setup.sh installs them.
var optional = []string{"ed", "vim", "patch", "perl", "rsync", "python3"}

func TestWriters(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	for name, script := range writers {
		t.Run(name, func(t *testing.T) {
			for _, program := range optional {
				if _, err := exec.LookPath(program); err != nil && strings.Contains(script, program+" ") {
					t.Fatal(program + " is not installed: run scripts/setup.sh " + program)
				}
			}
			out, err := m.try("cd query; echo one > q.dl; " + script + "; ls -A; cat q.dl; stat -c %s q.dl; rm q.dl")
			if want := "q.dl\ntwo\n4\n"; out != want || err != nil {
				t.Errorf("%s\n%v, got %q, want %q", script, err, out, want)
			}
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

func TestUnlinkedFileStaysOpen(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	m.want("cd query; exec 3<> f; rm f; echo hello >&3; ls; cat /proc/self/fd/3", "hello\n")
}

func TestTwoNamesOfOneFile(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	m.want("cd query; exec 3>> f; echo one >&3; mv f g; echo two >&3; cat g; exec 3>&-; echo three >> g; cat g", "one\ntwo\none\ntwo\nthree\n")
}
