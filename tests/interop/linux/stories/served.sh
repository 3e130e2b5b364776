#!/bin/sh
# SPDX-License-Identifier: MIT
# A minute of heart rate with hosts of ours on served controllers, by each kind of end.
# files: scenarios/heart_rate.lua scenarios/lib
. /lib.sh

# In the guest's wall-clock time, which no load of the machine outside can hurry or hold up: the
# script waits 200 ms for each beat.
minute() {
    say "by $1"
    blueroom run --trace "/out/$1" --controller "hrm=$2" --controller "phone=$3" \
        /blueroom/scenarios/heart_rate.lua || fail "by $1"
    stop serve
}

ifconfig lo 127.0.0.1 up
mkdir -p /dev/pts
[ -e /dev/pts/ptmx ] || mount -t devpts -o ptmxmode=666 devpts /dev/pts || fail "no terminals"

serve --unix /tmp/hci
minute unix unix:/tmp/hci unix:/tmp/hci
serve --tcp 9000
minute tcp tcp:127.0.0.1:9000 tcp:127.0.0.1:9000
serve --pty /tmp/hci0 --pty /tmp/hci1
minute pty pty:/tmp/hci0 pty:/tmp/hci1
