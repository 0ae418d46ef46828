# Ends a server and removes its folder when nobody has held the lock for some seconds.
folder=$1 lock=$2 grace=$3 signal=$4

exec 9>>"$lock"
idle=0
while :; do
    if flock -n 9; then
        [ "$idle" -ge "$grace" ] && break
        flock -u 9
        idle=$((idle + 1))
    else
        idle=0
        flock 9
        flock -u 9
    fi
    sleep 1
done

# From here on the lock is held: who comes now waits, and then starts another server.
runs() {
    grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status"
}

if pid=$(cat "$folder/pid" 2>/dev/null); then
    kill -s "$signal" -- "-$pid"
    tries=0
    while runs; do
        tries=$((tries + 1))
        [ "$tries" -eq 100 ] && kill -s KILL -- "-$pid"
        sleep 0.1
    done
fi
# What has just ended may have written a last file meanwhile.
tries=0
while [ -e "$folder" ] && [ "$tries" -lt 50 ]; do
    rm -rf -- "$folder" || sleep 0.1
    tries=$((tries + 1))
done
