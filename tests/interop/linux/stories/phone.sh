#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernel and bluetoothd as a peripheral with a GATT server, and a phone of ours.
# files: tests/interop/linux/phone.lua
. /lib.sh

service=0000aa10-1234-5678-9abc-def012345678
state=0000aa11-1234-5678-9abc-def012345678
secret=0000aa12-1234-5678-9abc-def012345678

# register WHAT... ANSWER: it asks for something, without an end of line.
register() {
    tell "register-$1"
    sleep 0.2
    tell "$2"
}

serve "--vhci=name=linux,address=00:1B:DC:00:00:01" --seed 7 --trace /out/trace --air -v \
    tests/interop/linux/phone.lua
start_bluetoothd
start_bluetoothctl DisplayYesNo
hear 5 'Agent registered'
tell power on
hear 5 'power on succeeded'
tell menu gatt
register "service $service" yes
register "characteristic $state read,write,notify" "0x01 0x02"
register "characteristic $secret encrypt-authenticated-read" 0x2a
tell register-application
hear 5 'Application registered'
tell back
tell menu advertise
tell name on
tell uuids $service
tell back
tell pairable on
tell advertise on
hear 5 'Advertising object registered'
hear 60 'Confirm passkey'
tell yes
hear 30 'Paired: yes'
wait_for 20 grep -q ' back$' /out/serve.log || fail "the phone: $(cat /out/serve.log)"
say "--- back"
sleep 1
stop_bluetoothctl
stop serve
