#!/bin/sh
# SPDX-License-Identifier: MIT
# The first process of the guest: modules, the story, what it leaves in /out, and off.
export PATH=/bin HOME=/root TERM=dumb LC_ALL=C
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/pts
mount -t devpts none /dev/pts
exec </dev/null >/dev/console 2>&1
# What neither sleeps nor comes to an end is ended from outside; this is for what waits for ever.
(
    sleep 900
    echo "story: still there after 900 s"
    poweroff -f
) &
while read -r module; do
    insmod "/modules/$module" || echo "insmod $module: failed"
done </modules/order
ip link set lo up
cd /blueroom || exit 1
sh /story.sh
status=$?
dmesg >/out/dmesg.txt
stty -F /dev/ttyS1 raw -echo
tar -c -C /out . >/dev/ttyS1
echo "story: exit status $status"
poweroff -f
