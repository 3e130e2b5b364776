#!/bin/sh
# SPDX-License-Identifier: MIT
# Two ends of --vhci, a host that goes down among reports and comes up again, and servers that end.
# files: tests/interop/linux/room.lua
. /lib.sh

# Twice, so that the second is not named as the first.
serve --vhci=name=one --vhci --trace /out/trace tests/interop/linux/room.lua
cat /out/serve.log
ls /sys/class/bluetooth

manage 0 power on
manage 1 power on
say "--- down while reports come"
manage 0 find -l &
# The locks have been heard by then, the sensor not yet, and the kernel leaves the scan as it is.
sleep 0.15
hciconfig hci0 down
sleep 1
kill -0 $pid_serve || fail "the server is gone: $(cat /out/serve.log)"
say "--- up again"
hciconfig hci0 up
manage 0 find -l >/out/find.log
grep name /out/find.log
say "--- the server ends"
stop serve
sleep 1
[ -z "$(ls /sys/class/bluetooth)" ] || fail "hci0 is still there"

say "--- another server, whose controllers have the same addresses"
serve --vhci=name=one
hciconfig hci0 | grep Address
kill -9 $pid_serve
sleep 1
[ -z "$(ls /sys/class/bluetooth)" ] || fail "hci0 is still there"

say "--- no device"
mv /dev/vhci /dev/elsewhere
blueroom serve --vhci && fail "it serves"
echo nothing >/dev/vhci
blueroom serve --vhci && fail "it serves"
rm /dev/vhci
ln -s /dev/null /dev/vhci
blueroom serve --vhci && fail "it serves"
exit 0
