# Walking a mount while another process imports 8,000 entities, in many transactions.
dhfs import -q db first.csv --as row --key id
dhfs mount db mnt --daemon
first=mnt/$(readlink mnt/head)
tar --sort=name -cf before.tar -C "$first" .
{ head -n 1 second.csv > header; tail -n +2 second.csv | split -l 400 - part; }
exec 3< mnt/head/entities/row/r00007/text
cd mnt/head/entities
(
    cd "$HOME"
    for part in part*; do
        cat header "$part" > rows.csv
        dhfs import -q db rows.csv --as row --key id --batch 200
    done
    touch done
) 3<&- &
import=$!

# walked holds what a program lists of a commit against what the commit says of itself, and tells what is wrong.
walked() {
    local c=$1 n
    n=$(cat "$c/entities/row/.count")
    case $(($2 % 5)) in
    0) [ "$(find "$c/entities/row/" -name id | wc -l)" = "$n" ] || echo "find: not $n" ;;
    1) [ "$(ls -R "$c/entities/row/" | grep -cx text)" = "$n" ] || echo "ls: not $n" ;;
    2) [ "$(tar -cf - -C "$c" entities | tar -tf - | grep -c '/number$')" = "$n" ] || echo "tar: not $n" ;;
    3) [ "$(grep -rlE '^text [0-9]+$' "$c/entities/row/" | wc -l)" = "$n" ] || echo "grep: not $n" ;;
    4) { diff -rq "$HOME/$first/" "$c/" || [ $? = 1 ]; } | grep -v '^Only in' || true ;;
    esac
}

heads=0 round=0
while [ ! -e "$HOME/done" ]; do
    c=$HOME/mnt/$(readlink "$HOME/mnt/head")
    if [ "$c" != "${last-}" ]; then heads=$((heads + 1)); fi
    last=$c
    walked "$c" $round
    round=$((round + 1))
    # Who entered the head stays in the commit that it was.
    [ "$(ls row | wc -l)" = 1000 ] || echo 'cd head: it moved'
done
wait $import
[ $heads -ge 3 ] || echo "the head moved only $((heads - 1)) times in $round rounds"
for round in 0 1 2 3 4; do walked "$HOME/mnt/$(readlink "$HOME/mnt/head")" $round; done
cat <&3
exec 3<&-
ls row | wc -l
cd "$HOME"
tar --sort=name -cf after.tar -C "$first" .
cmp before.tar after.tar && echo the same bytes
cat mnt/head/entities/row/.count
[ $(($(wc -l < mnt/log.tsv) - 1)) = "$(tail -n 1 mnt/log.tsv | cut -f 1)" ] && echo a line for each transaction
test ! -s mnt/.dhfs/errors.tsv || tail -n +2 mnt/.dhfs/errors.tsv
