# Names that break careless programs: walked, copied and restored with the usual ones.
dhfs import -q things odd.edn
dhfs mount things mnt --daemon
cd mnt/head/entities/thing
echo '== find'
find . -mindepth 1 -maxdepth 1 -print0 | tr -cd '\0' | wc -c
find . -type f -name key -print0 | sort -z | while IFS= read -r -d '' f; do base64 -w 0 < "$f"; echo; done | sort
echo '== globs'
shopt -s nullglob
for d in *; do test -d "$d" -a -f "$d/key" || echo "lost: $d"; done
set -- *; echo $#
set -- -*; echo $#
shopt -u nullglob
find . -mindepth 1 -name '.*' -o -name '*[[:cntrl:]]*' | wc -l
echo '== grep'
grep -rZl needle . | tr -cd '\0' | wc -c
grep -rZl needle . | sort -z | xargs -0 cat -- | sort -u
find . -name raw -print0 | xargs -0 cat | od -An -tx1
echo '== names that are none'
for name in $'\xff\xfe' $'a\nb' '%0a' '%ZZ' '..%2F..' "$(printf 'x%.0s' $(seq 255))"; do stat -- "$name" 2>/dev/null && echo "found: $name"; done
{ ls -d -- "$(printf 'x%.0s' $(seq 256))" 2>&1 || true; } | grep -o 'File name too long'
cd "$HOME"
echo '== copies'
mkdir tar
tar --format=posix -cf - -C mnt/head . | tar xf - -C tar
rsync -a mnt/head/ rsync/
rsync -aic --dry-run --delete mnt/head/ rsync/
cp -a mnt/head/. cp
mkdir cpio
(cd mnt/head; find . -print0 | cpio --quiet -0pdm "$HOME/cpio")
for copy in tar rsync cp cpio; do diff -r mnt/head/ $copy && echo same; done
echo '== restored'
chmod u+w rsync
cp mnt/head/.history.edn rsync
for copy in tar rsync cp; do
    dhfs import -q db-$copy $copy
    dhfs stat db-$copy | grep ^root
done | sort | uniq -c | sed 's/root.*//' | sort
cmp <(dhfs stat things | grep ^root) <(dhfs stat db-rsync | grep ^root) && echo the same root
dhfs mount db-tar mnt2 --daemon
diff -r mnt/head/entities/thing mnt2/head/entities/thing && echo the same files
echo '== queries with such names'
cd mnt/query
i=0
for name in 'a b' -n '*' $'new\nline' '"' 'é🙂' 'a..b' '%'; do
    echo "[:find (count ?e) . :where [?e :thing/key]]" > "./$name.dl"
    [ "$(cat "./$name.edn")" = "$(ls ../head/entities/thing | wc -l)" ] || echo "no answer: $name"
    i=$((i + 1))
done
find . -name '*.dl' -print0 | tr -cd '\0' | wc -c
find . -name '*.dl' -print0 | xargs -0 rm --
ls -A
