#!/bin/sh
# SPDX-License-Identifier: MIT
# BlueZ's hci-tester on two of our controllers, through the kernel's user channels.
. /lib.sh

serve --vhci=name=upper --vhci=name=lower --trace /out/trace
# Until the kernel has brought them up and, as nobody uses them, down again.
sleep 3
hci-tester >/out/hci-tester.log 2>&1
tail -n 3 /out/hci-tester.log | plain
stop serve
