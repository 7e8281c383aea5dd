package fs_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/fs"
)

// errnoOf is a shell function: "errno CALL…" tells what a system call of Python's os module fails with.
const errnoOf = `
errno() { python3 -c '
import errno, os, sys
from os import *
try: print(eval(sys.argv[1]))
except OSError as e: print(errno.errorcode[e.errno])
' "$1"; }
E=head/entities/person/ada@example.org
`

// TestPOSIX is what programs expect of a tree that cannot be written.
func TestPOSIX(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	long := strings.Repeat("x", 256)
	for _, row := range []struct{ script, want string }{
		// Writes outside query/.
		{`errno 'open("'$E'/new", O_CREAT|O_WRONLY)'`, "EROFS"},
		{`errno 'open("'$E'/age", O_WRONLY|O_TRUNC)'`, "EROFS"},
		{`errno 'write(open("'$E'/age", O_WRONLY), b"x")'`, "EROFS"},
		{`errno 'mkdir("'$E'/new")'`, "EROFS"},
		{`errno 'mkdir("new")'`, "EROFS"},
		{`errno 'mknod("new")'`, "EROFS"},
		{`errno 'unlink("'$E'/age")'`, "EROFS"},
		{`errno 'unlink("head")'`, "EROFS"},
		{`errno 'rmdir("'$E'")'`, "EROFS"},
		{`errno 'rename("'$E'/age", "'$E'/old")'`, "EROFS"},
		{`errno 'rename("'$E'/age", "query/old.dl")'`, "EROFS"},
		{`: > query/a; errno 'rename("query/a", "head/query/a")'; rm query/a`, "EXDEV"}, // mv then copies
		{`errno 'link("'$E'/age", "'$E'/old")'`, "EROFS"},
		{`errno 'symlink("x", "'$E'/new")'`, "EROFS"},
		{`errno 'chmod("'$E'/age", 0o644)'`, "EROFS"},
		{`errno 'chmod("'$E'", 0o755)'`, "EROFS"},
		{`errno 'chown("'$E'/age", 1, 1)'`, "EROFS"},
		{`errno 'utime("'$E'/age")'`, "EROFS"},
		{`errno 'truncate("'$E'/age", 0)'`, "EROFS"},
		{`errno 'truncate("log.tsv", 0)'`, "EROFS"},
		{`errno 'setxattr("'$E'/age", "user.x", b"y")'`, "ENOTSUP"},
		{`errno 'mkdir("query/new")'`, "EPERM"},
		{`errno 'symlink("x", "query/new")'`, "EPERM"},

		{`errno 'open("'$E'/age", O_CREAT|O_EXCL|O_WRONLY)'`, "EEXIST"},
		{`errno 'open("'$E'", O_TMPFILE|O_WRONLY)'`, "ENOTSUP"},
		{`errno 'posix_fallocate(open("'$E'/age", O_RDONLY), 0, 1)'`, "EBADF"},
		{`errno 'removexattr("'$E'/age", "user.x")'`, "ENOTSUP"},
		{`errno 'utime("head", follow_symlinks=False)'`, "EROFS"},
		{`errno 'execv("'$E'/age", ["age"])'`, "EACCES"},

		// Names.
		{`errno 'stat("/".join(["head"] + ["x" * 200] * 30))'`, "ENAMETOOLONG"},
		{`errno 'open("'$E'/age", O_RDONLY|O_DIRECTORY)'`, "ENOTDIR"},
		{`errno 'stat("'$E'/../../person/./ada@example.org/age").st_size'`, "3"},
		{`errno 'stat("")'`, "ENOENT"},
		{`errno 'readlink("at/t2") == readlink("at/main~1"), readlink("branches/main").startswith("../commits/bafyrei"), len(readlink("head")) == lstat("head").st_size'`, "(True, True, True)"},
		{`errno 'stat("'$E'/nothing")'`, "ENOENT"},
		{`errno 'stat("at/1999-01-01")'`, "ENOENT"},
		{`errno 'stat("at/main~x")'`, "ENOENT"},
		{`errno 'stat("commits/nothing")'`, "ENOENT"},
		{`errno 'stat("'$E'/age/x")'`, "ENOTDIR"},
		{`errno 'listdir("'$E'/age")'`, "ENOTDIR"},
		{`errno 'open("'$E'/age/", O_RDONLY)'`, "ENOTDIR"},
		{`errno 'read(open("'$E'", O_RDONLY), 1)'`, "EISDIR"},
		{`errno 'open("'$E'", O_WRONLY)'`, "EISDIR"},
		{`errno 'stat("` + long + `")'`, "ENAMETOOLONG"},
		{`errno 'open("query/` + long + `", O_CREAT|O_WRONLY)'`, "ENAMETOOLONG"},
		{`errno 'open("head", O_RDONLY|O_NOFOLLOW)'`, "ELOOP"},
		{`errno 'readlink("head").startswith("commits/bafyrei")'`, "True"},
		{`errno 'readlink("'$E'/age")'`, "EINVAL"},
		{`errno 'pathconf("'$E'", "PC_NAME_MAX")'`, "255"},

		// access(2), as root would not be refused by modes alone.
		{`errno 'access("'$E'/age", R_OK), access("'$E'/age", W_OK), access("'$E'/age", X_OK)'`, "(True, False, False)"},
		{`errno 'access("'$E'", R_OK|X_OK), access("'$E'", W_OK), access("query", R_OK|W_OK|X_OK)'`, "(True, False, True)"},
		{`: > query/a; errno 'access("query/a", R_OK|W_OK), access("query/a", X_OK)'; rm query/a`, "(True, False)"},

		// stat and statx.
		{`[ $(stat -c %u $E/age) = $(id -u) ] && stat -c '%F %a %s %h' $E/age`, "regular file 444 3 2"},
		{`stat -c '%F %a' $E query head`, "directory 555\ndirectory 755\nsymbolic link 777"},
		{`stat -c '%W' $E/age`, "0"}, // no time of birth
		{`stat -c '%h' $E query/ | sort -u`, "1"},
		{`[ $(stat -c %i $E/age) = $(ls -i $E/age | cut -d' ' -f1) ] && echo same`, "same"},
		{`find head/entities -inum $(stat -c %i $E/age)`, "head/entities/person/ada@example.org/age"},
		{`find head/ -samefile $E/bio`, "head/entities/person/ada@example.org/bio"},
		{`find head/entities/order -type f -links 2 | wc -l`, "9"},
		{`find head/ -type f ! -links 2; find . -type d ! -links 1; stat -c %h log.tsv README.md head`, "1\n1\n1"},
		{`for f in $E/*; do [ $(find head/ -inum $(stat -c %i $f) | head -1) -ef $f ] && echo found; done | sort | uniq -c | tr -d ' '`, "6found"},

		// Content.
		{`errno 'pread(open("'$E'/bio", O_RDONLY), 5, 2195)'`, "b'tory '"},
		{`errno 'pread(open("'$E'/bio", O_RDONLY), 50, 2195)'`, `b'tory \n'`},
		{`errno 'pread(open("'$E'/bio", O_RDONLY), 50, 2201)'`, "b''"},
		{`errno 'pread(open("'$E'/bio", O_RDONLY), 50, 1<<40)'`, "b''"},
		{`errno 'lseek(open("'$E'/bio", O_RDONLY), 0, SEEK_END)'`, "2201"},
		{`errno 'lseek(open("'$E'/bio", O_RDONLY), 0, SEEK_HOLE)'`, "2201"},
		{`errno 'fsync(open("'$E'/bio", O_RDONLY))'`, "None"},
		{`python3 -c 'import mmap,sys; f=open(sys.argv[1],"rb"); m=mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ); print(len(m), m[5:10])' $E/bio`, "2201 b'story'"},
		{`python3 -c 'import mmap,sys; f=open(sys.argv[1],"rb"); m=mmap.mmap(f.fileno(),0,flags=mmap.MAP_PRIVATE,prot=mmap.PROT_READ|mmap.PROT_WRITE); m[0:1]=b"L"; print(m[0:4])' $E/bio; head -c 4 $E/bio`, "b'Long'\nlong"},
		{`tail -n +2 log.tsv > $OUT/1; python3 -c 'import mmap; f=open("log.tsv","rb"); m=mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ); print(m[:].count(b"\n"))'`, "4"},

		// Directories: every place can be returned to.
		{`perl -e 'opendir(D, "head/entities/person"); my (@n, @p); for (;;) { my $p = telldir D; my $n = readdir D; last unless defined $n; push @n, $n; push @p, $p }
			for my $i (reverse 0..$#n) { seekdir D, $p[$i]; my $n = readdir D; print "$n[$i] is $n\n" if $n ne $n[$i] } rewinddir D; my @all = readdir D; print "@all"'`,
			". .. ada@example.org ben@example.org cy%2F..%2F..@example.org"},

		// Programs.
		{`[ $(du -sb $E | cut -f1) = $(cat $E/* | wc -c) ] && echo exact`, "exact"},
		{`du -a -B512 $E/bio | cut -f1`, "5"},
		{`du -a --apparent-size -B1 head/entities/order/1 | sort -n | head -2`, "2\thead/entities/order/1/id\n6\thead/entities/order/1/total"},
		{`du -sl -B512 head/entities/order | cut -f1`, "9"}, // a block a file, none a directory
		{`tar --sparse -cf - -C $E . | tar -tvf - ./bio | tr -s ' ' | cut -d' ' -f3,6`, "2201 ./bio"},
		{`tar --sparse --format=posix -cf - -C head entities | tar xf - -C $OUT; diff -r head/entities $OUT/entities && echo same`, "same"},
		{`paths="head/entities at/t2/entities commits"; [ $(tar -cf - $paths | tar tvf - | grep -c ' link to ') = $(($(find $paths -type f | wc -l) - $(find $paths -type f -printf '%i\n' | sort -u | wc -l))) ] && echo 'each content once'`, "each content once"},
		{`tar cf - $E/age $E/name | tar xf - -C $OUT; cat $OUT/$E/age; cat $OUT/$E/name`, "37\nAda"},
		{`cp -a $E $OUT/a 2>&1; ls -A $OUT/a; cp $E/age $OUT/age; chmod u+w $OUT/a; sed -i s/37/38/ $OUT/a/age 2>&1; cat $OUT/a/age`, "age\nbio\nboss\nemail\nname\nnick\n38"},
		{`ls -lR head/ 2>&1 >/dev/null; cp -a $E $OUT/b 2>&1`, ""},
		{`getfattr -n user.dhfs.cid $E/age 2>&1 | grep -o 'Operation not supported'`, "Operation not supported"},
		{`df . | tail -1 | tr -s ' ' | cut -d' ' -f1,2`, "people 16384"},
	} {
		out, err := m.try(errnoOf + row.script)
		if got := strings.TrimRight(out, "\n"); got != row.want {
			t.Errorf("%s\ngot:  %s (%v)\nwant: %s", row.script, got, err, row.want)
		}
	}
}

func TestXAttrs(t *testing.T) {
	s := peopleSample(t)
	m := &mounted{t: t, dir: t.TempDir()}
	srv, err := fs.Mount(context.Background(), s.tree(), m.dir, fs.MountOptions{XAttrs: true, Requests: m.reqs.count})
	if errors.Is(err, fs.ErrNoMount) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Unmount()
	const get = "getfattr --absolute-names -d "
	id := s.ids[2]
	m.want(get+"head/entities/person/ada@example.org/age", `# file: head/entities/person/ada@example.org/age
user.dhfs.cid="`+id+`"
user.dhfs.eid="1"
user.dhfs.t="3"
user.dhfs.type=":db.type/long"

`)
	m.want(get+"head/entities/person/ada@example.org/name | grep -v cid", "# file: head/entities/person/ada@example.org/name\nuser.dhfs.eid=\"1\"\nuser.dhfs.t=\"2\"\nuser.dhfs.type=\":db.type/string\"\n\n")
	m.want(get+"head/entities/person/ada@example.org | grep -v cid", "# file: head/entities/person/ada@example.org\nuser.dhfs.eid=\"1\"\nuser.dhfs.t=\"3\"\n\n")
	m.want("getfattr --only-values -n user.dhfs.cid head/", id)
	m.want("getfattr --only-values -n user.dhfs.type head/entities/person/ada@example.org/bio", ":db.type/string")
	m.want(get+"log.tsv query head/entities", "")
	for _, row := range []struct{ script, want string }{
		{`errno 'getxattr("'$E'/age", "user.other")'`, "ENODATA"},
		{`errno 'getxattr("log.tsv", "user.dhfs.cid")'`, "ENODATA"},
		{`errno 'setxattr("'$E'/age", "user.x", b"y")'`, "EROFS"},
		{`errno 'removexattr("'$E'/age", "user.dhfs.t")'`, "EROFS"},
		{`: > query/q; errno 'setxattr("query/q", "user.x", b"y")'`, "ENOTSUP"},
		{`errno 'listxattr("'$E'")'`, "['user.dhfs.cid', 'user.dhfs.eid', 'user.dhfs.t']"},
		// Programs that copy files say nothing about attributes that they cannot keep.
		{`cp -a $E $OUT/a 2>&1; cp -p $E/age query/age 2>&1; echo x > query/x; sed -i s/x/y/ query/x 2>&1; cat query/x; ls -l $E 2>&1 >/dev/null`, "y"},
	} {
		out, err := m.try(errnoOf + row.script)
		if got := strings.TrimRight(out, "\n"); got != row.want {
			t.Errorf("%s\ngot:  %s (%v)\nwant: %s", row.script, got, err, row.want)
		}
	}
}
