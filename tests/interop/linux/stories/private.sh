#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernel with the controller's privacy: it resolves and is resolved, and comes back bonded.
# files: tests/interop/linux/private.lua
. /lib.sh

identity=00:1B:DC:00:00:10
# What bluetoothd calls the experiment in which the kernel leaves addresses to the controller.
ll_privacy=15c0a148-c273-11ea-b3de-0242ac130004

serve "--vhci=name=linux,address=00:1B:DC:00:00:01" --seed 7 --trace /out/trace --air \
    tests/interop/linux/private.lua
mkdir -p /etc/bluetooth
cat >/etc/bluetooth/main.conf <<END
[General]
KernelExperimental = $ll_privacy
[Policy]
AutoEnable = false
END
start_bluetoothd
start_bluetoothctl KeyboardOnly
hear 5 'Agent registered'
manage 0 privacy on
tell power on
hear 5 'power on succeeded'
tell scan le
hear 5 'NEW*Device*Lock'
address=${line#*Device }
address=${address%% *}
tell scan off
hear 5 'Discovery stopped'
say "at $address"
tell pair "$address"
hear 10 'Request passkey'
tell 123456
hear 20 'Pairing successful'
tell disconnect
hear 5 'Connected: no'
# The lock has another address by then.
sleep 30
tell connect $identity
hear 10 'Connection successful'
hear 10 'ServicesResolved: yes'
tell menu gatt
tell select-attribute "/org/bluez/hci0/dev_$(echo "$address" | tr : _)/service0010/char0011"
tell read
hear 5 '  6c 6f 63 6b 65 64 '
tell back
tell disconnect
hear 5 'Connected: no'
say "--- end"
stop_bluetoothctl
stop serve
