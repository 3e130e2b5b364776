#!/bin/sh
# SPDX-License-Identifier: MIT
# Figures of serve --clock fast beside btvirt's, in seconds of 10^9 instructions.
# suite: linux
# modules: af_alg algif_hash algif_skcipher
# programs: build/release/tests/bench_serve
. /lib.sh

ours=/tmp/serve
theirs=/tmp/bt-server-le

serve --clock fast --unix $ours
start_btvirt
bench_serve $ours $theirs >/out/bench.txt 2>&1 || fail "$(cat /out/bench.txt)"
stop serve

# figure SERVER NAME
figure() {
    sed -n "s|^$1: $2 *\([0-9.]*\) .*|\1|p" /out/bench.txt
}

for name in "round trips over a Unix socket" "27-octet ACL packets"; do
    awk -v name="$name" -v ours="$(figure $ours "$name")" -v theirs="$(figure $theirs "$name")" 'BEGIN {
        if (!(ours > 0 && theirs > 0)) exit 1
        printf "      %-36s serve %6d/s, btvirt %6d/s, ratio %.2f\n", name, ours, theirs, ours / theirs
    }' >>/out/report.txt || fail "$(cat /out/bench.txt)"
done
