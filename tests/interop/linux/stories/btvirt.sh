#!/bin/sh
# SPDX-License-Identifier: MIT
# btvirt's server comes up.
# modules: af_alg algif_hash algif_skcipher
. /lib.sh

start_btvirt
