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


def ensure(packages, install):
    """Installs what is missing, saying so. Exits with 2 when that cannot be done."""
    if not shutil.which("dpkg-query"):
        print("setup: not a Debian system; expecting the tools of these packages: "
              + " ".join(packages))
        return
    absent = missing(packages)
    if not absent:
        return
    if not install:
        print("setup: not installed (--no-install): " + " ".join(absent))
        return
    print("setup: installing " + " ".join(absent), flush=True)
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and not shutil.which("sudo"):
        sys.exit("setup: needs root or sudo to install: " + " ".join(absent))
    apt = sudo + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    for command in (apt + ["update"],
                    apt + ["install", "-y", "--no-install-recommends"] + absent):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              check=False)
        if done.returncode != 0:
            print("setup: failed: " + " ".join(command), file=sys.stderr)
            sys.exit(2)
