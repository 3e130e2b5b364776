# SPDX-License-Identifier: MIT
"""Debian packages that are downloaded and unpacked, never installed."""

import pathlib
import re
import shutil
import subprocess


class Unavailable(Exception):
    """This machine cannot get what is needed; the text says why."""


def apt(command, folder=None):
    try:
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{' '.join(command)}: {error}") from error


def dependency(package, pattern):
    """The name of the package's first dependency that matches."""
    done = apt(["apt-cache", "depends", package])
    found = re.search(rf"Depends: ({pattern})$", done.stdout, re.MULTILINE)
    if done.returncode != 0 or not found:
        raise Unavailable(f"apt-cache knows no dependency {pattern} of {package}; apt-get update?")
    return found[1]


def unpack(packages, folder):
    """
    Their files below folder/root, which is returned. What is there from the last time is taken as
    it is: delete the folder to have newer versions.
    """
    stamp, root = folder / "packages.txt", folder / "root"
    wanted = "".join(f"{name}\n" for name in packages)
    if root.is_dir() and stamp.is_file() and stamp.read_text() == wanted:
        return root
    shutil.rmtree(folder, ignore_errors=True)
    debs, part = folder / "debs", folder / "root.part"
    debs.mkdir(parents=True)
    names = [name if name != KERNEL else dependency(KERNEL, r"linux-image-[0-9]\S*")
             for name in packages]
    print("setup: downloading " + " ".join(names), flush=True)
    done = apt(["apt-get", "-q", "download", *names], debs)
    if done.returncode != 0:
        tail = done.stdout.strip().splitlines()[-1:] or ["no reason given"]
        raise Unavailable(f"apt-get download: {tail[0]}")
    for deb in sorted(debs.glob("*.deb")):
        done = apt(["dpkg-deb", "-x", str(deb), str(part)])
        if done.returncode != 0:
            raise Unavailable(f"{deb.name} cannot be unpacked: {done.stdout.strip()}")
    shutil.rmtree(debs)
    part.rename(root)
    stamp.write_text(wanted)
    return root


# Depends on the kernel of the day, which is what is unpacked.
KERNEL = "linux-image-amd64"
