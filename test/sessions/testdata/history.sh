# The history of a repository as a database, and what git says of the same.
export GIT_AUTHOR_NAME='Ann Öst' GIT_AUTHOR_EMAIL=ann@example.org GIT_COMMITTER_NAME=Ben GIT_COMMITTER_EMAIL=ben@example.org
minute=0
commit() { # MESSAGE
    minute=$((minute + 7))
    git -C repo add -A
    GIT_AUTHOR_DATE="2024-03-01T09:00:00Z" GIT_COMMITTER_DATE="2024-03-01T$(printf %02d:%02d $((9 + minute / 60)) $((minute % 60))):00Z" \
        git -C repo commit -q --allow-empty -m "$1"
}
write() { # FILE LINES
    mkdir -p "$(dirname "repo/$1")"
    seq "$2" > "repo/$1"
}
git init -q -b main repo
write api/server.go 40; write api/client.go 30; write docs/api.md 12; commit 'an api'
write 'odd "name" with ü.txt' 3; write $'line\nbreak\tand tab' 2; commit 'odd names'
for n in 1 2 3; do write api/server.go $((40 + n)); write docs/api.md $((12 + n)); commit "change $n"; done
GIT_COMMITTER_EMAIL=cy@example.org GIT_COMMITTER_NAME=Cy GIT_AUTHOR_EMAIL=cy@example.org GIT_AUTHOR_NAME=Cy commit 'nothing at all'
git -C repo checkout -q -b side
write api/client.go 33; write docs/api.md 20; commit 'side: client'
git -C repo mv api/client.go api/caller.go; commit 'side: a new name'
git -C repo checkout -q main
write api/server.go 50; commit 'main: server'
GIT_AUTHOR_DATE=2024-03-20T00:00:00Z GIT_COMMITTER_DATE=2024-03-20T00:00:00Z git -C repo merge -q --no-ff -m 'merge side' side
git -C repo rm -q docs/api.md
GIT_AUTHOR_DATE=2024-03-21T00:00:00Z GIT_COMMITTER_DATE=2024-03-21T00:00:00Z git -C repo commit -q -m 'no docs'

dhfs import history git:repo 2>&1 | sed 's/[0-9a-f]\{40\}/ID/'

echo '== commits, as the database has them'
dhfs log history --format json | python3 -c '
import json, sys
for c in json.load(sys.stdin)[:-1]:
    print(c["time"][:19], c["author"], c["message"], sep="|")'
echo '== commits, as git has them'
TZ=UTC git -C repo log --date-order --date=format-local:%FT%T --format='%cd|%aN <%aE>|%s'

echo '== together, as the database has them'
dhfs query history '[:find ?a ?b (count ?c)
    :where [?c :commit/files ?f] [?c :commit/files ?g] [?f :file/path ?a] [?g :file/path ?b] [(< ?a ?b)]]' --format tsv | tail -n +2 | sort
echo '== together, as git has them'
git -C repo log -M -z --name-only --format='%x01%H' | python3 -c '
import collections, itertools, sys
text = sys.stdin.buffer.read().decode()
pairs = collections.Counter()
for commit in text.split("\x01")[1:]:
    files = sorted({name.lstrip("\n") if i == 0 else name for i, name in enumerate(commit.split("\0")[1:]) if name})
    pairs.update(itertools.combinations(files, 2))
escape = lambda s: s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
for (a, b), n in pairs.items():
    print(escape(a), escape(b), n, sep="\t")' | sort

echo '== lines of a person, as the database has them'
dhfs query history '[:find ?who (sum ?n) :with ?x :where [?c :commit/author ?p] [?p :person/email ?who] [?c :commit/changes ?x] [?x :change/added ?n]]' --format tsv | tail -n +2 | sort
echo '== lines of a person, as git has them'
git -C repo log -M --numstat --format='author %aE' | awk '/^author /{who = $2; next} NF && $1 != "-" {n[who] += $1} END {for (w in n) if (n[w]) print w "\t" n[w]}' | sort

echo '== renamed'
dhfs query history '[:find ?was ?is ?t :where [?x :change/from ?f] [?f :file/path ?was] [?x :change/file ?g] [?g :file/path ?is] [?c :commit/changes ?x] [?c :commit/subject ?t]]' --format tsv | tail -n +2
echo '== as of a day'
dhfs query history@2024-03-19 '[:find (count ?c) . :where [?c :commit/committed]]' --format tsv | tail -n +2
git -C repo log --until=2024-03-20T00:00:00Z --before=2024-03-19T23:59:59Z --oneline | wc -l
echo '== again, and one more'
dhfs import history git:repo 2>&1 | sed 's/[0-9a-f]\{40\}/ID/'
write more 1; commit more
dhfs import history git:repo@main 2>&1 | sed 's/[0-9a-f]\{40\}/ID/; s/, t .*//; s/[0-9]* datoms/N datoms/'
