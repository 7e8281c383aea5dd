# The unit of the README, as systemd runs it: started, stopped, killed and started again.
dhfs import -q srv customers.csv --as customer --key id
mkdir mnt
unit=$(sed -n '/^    \[Unit\]$/,/^$/s/^    //p' README.md)
value() { sed -n "s/^$1=//p" <<< "$unit" | sed "s|/usr/local/bin/||; s|/srv/shop|$HOME/srv|; s|%h/shop|$HOME/mnt|"; }
value Restart
start() {
    $(value ExecStart) &
    server=$!
    for _ in $(seq 600); do
        if mountpoint -q mnt && cat mnt/head/entities/customer/ALFKI/city 2> /dev/null; then return; fi
        sleep 0.05
    done
    echo 'no mount'
}
ended() { wait $server && echo "ended well" || echo "ended with $?"; }
start
$(value ExecStop)
ended
start
kill -KILL $server
ended
start
$(value ExecStop)
ended
ls -A mnt
