#!/bin/sh
# SPDX-License-Identifier: MIT
# btvirt's server comes up.
# modules: af_alg algif_hash algif_skcipher
. /lib.sh

start btvirt btvirt -s -L -l1
wait_for 5 test -S /tmp/bt-server-le || fail "btvirt: $(cat /out/btvirt.log)"
ls -la /tmp
cat /out/btvirt.log
