#!/bin/busybox sh
# Process 1 of the machine whose power is cut: power.py puts it into the machine's memory. It waits, before it
# has looked at the disk, for a line of the test, so that a machine that has come so far serves every round.
export PATH=/bin PROGRAMS=/programs
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /run /tmp /data
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
for module in virtio_pci virtio_blk virtio_net ext4; do modprobe "$module"; done
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
stty -F /dev/ttyS1 -echo
exec </dev/ttyS1 >/dev/ttyS1 2>&1
echo waiting
read -r _ now

date -s "@$now" >/dev/null
# What the kernel read at its start is not what lies there now.
blockdev --flushbufs /dev/vda
mount -t ext4 /dev/vda /data || { echo "damaged the disk cannot be mounted"; exec sleep 600; }
export WORKMATE_DATA__DIR=/data/house WORKMATE_SERVER__LISTEN=0.0.0.0:8420 HOME=/tmp PATH=$PROGRAMS:/bin
if ! [ -s /data/token ]; then
    workmate token create power >/data/token.new
    sync
    mv /data/token.new /data/token
    sync
fi
while :; do
    workmate serve >>/tmp/said 2>&1
    echo "ended"
    sleep 1
done &
until workmate health >/dev/null 2>&1; do sleep 0.2; done
echo "token $(cat /data/token)"
# A backup looks at all of it: pages, rows, the chain of the journal, and that no original is missing.
back_up() {
    if workmate backup /data/backups >/tmp/backup 2>&1; then
        echo "$1 $(head -n 1 /tmp/backup)"
    else
        echo "damaged $(tr '\n' ' ' </tmp/backup)"
        tail -n 20 /tmp/said
    fi
}
back_up whole
while read -t 3 -r word || true; do
    if [ "$word" = restore ]; then
        rm -rf /data/restored
        if WORKMATE_DATA__DIR=/data/restored workmate restore /data/backups >/tmp/restored 2>&1; then
            echo "restored $(head -n 1 /tmp/restored)"
        else
            echo "damaged $(tr '\n' ' ' </tmp/restored)"
        fi
    fi
    word=
    back_up again
done
