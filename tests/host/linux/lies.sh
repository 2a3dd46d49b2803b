# What programs do to files when the file server lies (ptrace/file_server.c), run by busybox: whatever fails, all of it ends. Only plain files are read,
# since .. may lead to /, where terminals wait for who types, and only their beginnings, since a file may claim to be of any size.
cd /data
mkdir a a/b a/b/c e
i=0
while [ $i -lt 150 ]; do
    i=$((i + 1))
    cd /data
    echo $i > f$((i % 7)); echo $i > a/b/f$((i % 5)); echo more >> f$((i % 3))
    for name in * */* */*/*; do [ ! -f "$name" ] || read -t 1 -n 100 line < "$name"; done
    cd a/b/c; pwd -P; cd ../..; pwd -P; cd /data/a/b
    case $((i % 25)) in
    1) mkdir /data/d$i /data/a/b/d$i ;;
    2) mv /data/a/b /data/e ;;
    3) mv /data/e/b /data/a ;;
    4) rm -r /data/a/b/d* ;;
    5) ln -s f1 /data/l$i; head -c 5000 /data/l* ;;
    6) head -c 20000 /bin/busybox > /data/big; truncate -s 100 /data/big ;;
    7) sync ;;
    8) ls -lR /data ;;
    9) ln /data/f2 /data/h; rm /data/h ;;
    esac
done
