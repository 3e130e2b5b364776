#!/bin/sh
# SPDX-License-Identifier: MIT
# Figures of serve --clock fast beside btvirt's, in seconds of 10^9 instructions.
# suite: linux
# modules: af_alg algif_hash algif_skcipher
# programs: build/release/tests/bench_serve
. /lib.sh

# Where it looks for the program and for itself in a build folder.
mkdir -p /build/tests
ln -s /bin/blueroom /build/blueroom
ln -s /bin/bench_serve /build/tests/bench_serve
/build/tests/bench_serve >/out/bench.txt 2>&1 || fail "$(cat /out/bench.txt)"

figure() {
    sed -n "s/^$1 *\([0-9.]*\) .*/\1/p" /out/bench.txt
}

# ratio NAME: ours to btvirt's.
ratio() {
    awk -v name="$1" -v ours="$(figure "serve: $1")" -v theirs="$(figure "btvirt: $1")" 'BEGIN {
        if (!(theirs > 0)) { print "      no figure of btvirt: " name; exit 1 }
        printf "      %-36s serve %6d/s, btvirt %6d/s, ratio %.2f\n", name, ours, theirs, ours / theirs
    }' >>/out/report.txt || fail "$(cat /out/bench.txt)"
}

ratio "round trips over a Unix socket"
ratio "27-octet ACL packets"
