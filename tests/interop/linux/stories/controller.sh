#!/bin/sh
# SPDX-License-Identifier: MIT
# Hosts of ours on btvirt's controllers, and on the kernel's own.
# modules: af_alg algif_hash algif_skcipher
# files: scenarios/heart_rate.lua scenarios/two_way_message.lua scenarios/pairing_pin.lua scenarios/lib
. /lib.sh

# story SCRIPT DEVICE DEVICE: with both devices on btvirt's controllers.
story() {
    blueroom run --trace /out/btvirt --controller "$2=unix:/tmp/bt-server-le" \
        --controller "$3=unix:/tmp/bt-server-le" "/blueroom/scenarios/$1.lua" || fail "$1 by btvirt"
}

start_btvirt
say "by btvirt"
story heart_rate hrm phone
story two_way_message central peripheral
# Its last scenario is about our own air, and says so.
story pairing_pin lock phone

# A user channel: the kernel hands its controller, which is one of ours, to our host.
serve --unix /tmp/ours --vhci
wait_for 5 test -e /sys/class/bluetooth/hci0 || fail "no hci0"
say "by a user channel"
blueroom run --trace /out/user --controller central=hci:0 --controller peripheral=unix:/tmp/ours \
    /blueroom/scenarios/two_way_message.lua || fail "two_way_message by hci:0"
btmgmt --index 0 power on >/dev/null 2>&1
say "while it is up"
blueroom run --controller central=hci:0 --controller peripheral=unix:/tmp/ours \
    /blueroom/scenarios/two_way_message.lua
[ $? = 2 ] || fail "a controller that the kernel uses was given away"
say "while there is none"
blueroom run --controller central=hci:7 --controller peripheral=unix:/tmp/ours \
    /blueroom/scenarios/two_way_message.lua
[ $? = 2 ] || fail "a controller that is not there was given away"
