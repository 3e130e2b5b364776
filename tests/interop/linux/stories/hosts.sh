#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernel and bluetoothd, driven by bluetoothctl, meet the devices of room.lua.
# runs: 2
# files: tests/interop/linux/room.lua
. /lib.sh

sensor=C0:00:00:00:18:0D
lock=00:1B:DC:00:00:10
old_lock=00:1B:DC:00:00:11

uuid() {
    echo "0000$1-0000-1000-8000-00805f9b34fb"
}

disconnect() {
    tell disconnect "$1"
    hear 5 'Connected: no'
    # bluetoothd's own socket to it takes a moment longer, and until then it is busy.
    sleep 1
}

find() {
    tell scan le
    hear 5 'Discovery started'
    for name in 1 2 3; do
        hear 5 'NEW*Device'
    done
    tell scan off
    hear 5 'Discovery stopped'
}

# of ADDRESS HANDLES: how bluetoothd calls an attribute.
of() {
    echo "/org/bluez/hci0/dev_$(echo "$1" | tr : _)/$2"
}

use_sensor() {
    tell connect $sensor
    hear 10 'Connection successful'
    hear 10 'ServicesResolved: yes'
    tell menu gatt
    tell list-attributes $sensor
    hear 5 "$(uuid 180d)"
    hear 5 "$(uuid 2a37)"
    hear 5 "$(uuid 2902)"
    hear 5 "$(uuid 2a19)"
    tell select-attribute "$(of $sensor service0014/char0015)"
    tell read
    hear 5 '  57 '
    tell select-attribute "$(of $sensor service0010/char0011)"
    tell notify on
    hear 5 'Notify started'
    for beat in 1 2 3; do
        hear 5 'Value:'
        hear 5 '  00 '
    done
    tell notify off
    hear 5 'Notify stopped'
    tell back
    disconnect $sensor
}

# open_lock ADDRESS PASSKEY: pairs, and comes back without.
open_lock() {
    tell pair "$1"
    hear 10 'Request passkey'
    tell "$2"
    hear 20 'Pairing successful'
    read_lock "$1"
    disconnect "$1"
    tell connect "$1"
    hear 10 'Connection successful'
    hear 10 'ServicesResolved: yes'
    read_lock "$1"
    disconnect "$1"
}

read_lock() {
    tell menu gatt
    tell select-attribute "$(of "$1" service0010/char0011)"
    tell read
    hear 5 '  6c 6f 63 6b 65 64 '
    tell back
}

serve "--vhci=name=linux,address=00:1B:DC:00:00:01" --seed 7 --trace /out/trace --air \
    tests/interop/linux/room.lua
start_bluetoothd
start_bluetoothctl KeyboardOnly
hear 5 'Agent registered'
tell power on
hear 5 'power on succeeded'
say "--- scan"
find
say "--- sensor"
use_sensor
say "--- secure connections"
open_lock $lock 123456
say "--- legacy pairing"
open_lock $old_lock 1234
say "--- end"
stop_bluetoothctl
stop serve
