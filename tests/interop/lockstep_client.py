#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Owns the time of a room: resets a controller and scans for a (virtual) second.

usage: blueroom serve --unix /tmp/hci --clock lockstep --control /tmp/time room.lua
       lockstep_client.py /tmp/hci /tmp/time
"""
import socket
import sys

if len(sys.argv) != 3:
    sys.exit("usage: lockstep_client.py HCI-SOCKET CONTROL-SOCKET")


def connect(path):
    end = socket.socket(socket.AF_UNIX)
    end.connect(path)
    return end


hci, control = connect(sys.argv[1]), connect(sys.argv[2])
answers = control.makefile("r")


def ask(request):
    """`now`, `advance NS` or `step NS`; the virtual time that is then."""
    control.sendall(f"{request}\n".encode())
    return int(answers.readline())


for command in ("01030c00", "01010c08ffffffffffffff3f", "010b200701a000a0000000", "010c20020100"):
    hci.sendall(bytes.fromhex(command))
    print(ask("step 1000000000"), hci.recv(4096).hex())
end = ask("now") + 1_000_000_000
while (now := ask("now")) < end:  # each report in the instant in which it came
    if ask(f"step {end - now}") < end:
        print(ask("now"), hci.recv(4096).hex())
