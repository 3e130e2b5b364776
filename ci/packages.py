# SPDX-License-Identifier: MIT
"""The Debian 12 packages that each job needs, and their installation."""

import os
import shutil
import subprocess
import sys

BUILD = ["build-essential", "cmake", "ninja-build", "pkg-config", "liblua5.4-dev", "libpcap-dev",
         "libssl-dev", "libuv1-dev"]
TEST = ["clang", "libclang-rt-14-dev", "libcmocka-dev", "valgrind", "tshark", "bluez",
        "openssl"]
# bluez brings the libraries that its programs want inside the guest.
LINUX = ["qemu-system-x86", "bluez", "tshark", "openssl"]


def missing(packages):
    """Those of the packages that dpkg does not know as installed."""
    absent = []
    for package in packages:
        query = subprocess.run(
            ["dpkg-query", "-W", "-f=${db:Status-Status}", package],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        if query.returncode != 0 or query.stdout.strip() != "installed":
            absent.append(package)
    return absent


def install(packages, allowed):
    """Installs what is missing, saying so. Returns None, or why that cannot be done."""
    if not shutil.which("dpkg-query"):
        print("setup: not a Debian system; expecting the tools of these packages: "
              + " ".join(packages))
        return None
    absent = missing(packages)
    if not absent:
        return None
    if not allowed:
        return "not installed (--no-install): " + " ".join(absent)
    print("setup: installing " + " ".join(absent), flush=True)
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and not shutil.which("sudo"):
        return "needs root or sudo to install: " + " ".join(absent)
    apt = sudo + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    for command in (apt + ["update"],
                    apt + ["install", "-y", "--no-install-recommends"] + absent):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              check=False)
        if done.returncode != 0:
            return "failed: " + " ".join(command)
    return None


def ensure(packages, allowed):
    """The same. Without permission it goes on; exits with 2 when it has it and fails."""
    reason = install(packages, allowed)
    if reason:
        print("setup: " + reason, file=sys.stderr if allowed else sys.stdout)
        if allowed:
            sys.exit(2)
