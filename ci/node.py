# SPDX-License-Identifier: MIT
"""Node.js's hosts, noble, bleno and ble-host: their packages in build/node, and their tests."""

import concurrent.futures
import re
import shutil
import subprocess
import sys

import packages
from parts import ROOT, Skipped

SOURCE = ROOT / "tests/interop/node"
TESTS = ("test_noble_bleno.py", "test_ble_host.py")
FOLDER = ROOT / "build/node"  # node_modules are never in the source folder
LOCK = "package-lock.json"
INSTALLED = FOLDER / "installed.json"  # the lock file of what is there, once all of it is
PATIENCE = 240  # seconds


def run(*command, **options):
    """Standard output. Raises Skipped when it fails."""
    try:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", timeout=PATIENCE, check=False, **options)
    except subprocess.TimeoutExpired:
        raise Skipped(f"{command[0]} {command[1]}: nothing for {PATIENCE} s") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip() and "warn" not in line]
        raise Skipped(f"{command[0]} {command[1]}: exit status {done.returncode}: "
                      + " ".join(lines[:3]))
    return done.stdout


def install(allowed):
    """Raises Skipped when node or its packages cannot be had."""
    absent = [package for program, package in (("node", "nodejs"), ("npm", "npm"))
              if not shutil.which(program)]
    reason = packages.install(absent, allowed)
    if reason:
        raise Skipped(reason)
    lock = (SOURCE / LOCK).read_bytes()
    if not INSTALLED.exists() or INSTALLED.read_bytes() != lock:
        if not allowed:
            raise Skipped(f"not installed (--no-install): {FOLDER.relative_to(ROOT)}/node_modules")
        FOLDER.mkdir(parents=True, exist_ok=True)
        INSTALLED.unlink(missing_ok=True)
        for name in ("package.json", LOCK):
            shutil.copy(SOURCE / name, FOLDER / name)
        # No scripts of the packages are needed: what is compiled in them is there.
        print("setup: npm ci in build/node", flush=True)
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=2",
            "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000", cwd=FOLDER)
        INSTALLED.write_bytes(lock)
    run("node", "--eval",
        "require('@stoprocent/noble'); require('@stoprocent/bleno'); require('serialport');"
        "require('ble-host')",
        cwd=FOLDER)


def run_class(preset, test, name):
    """The tests of one class: (passed, failed)."""
    done = subprocess.run([sys.executable, SOURCE / test, ROOT / f"build/{preset}/blueroom", name],
                          cwd=ROOT, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    count = re.search(r"^Ran (\d+) tests? in", done.stdout, re.MULTILINE)
    broken = sum(map(int, re.findall(r"\b(?:failures|errors)=(\d+)", done.stdout)))
    skipped = re.search(r"\bskipped=(\d+)", done.stdout)
    if done.returncode != 0 or not count or skipped:
        print(f"{name}:\n{done.stdout}")
    if done.returncode != 0 or not count:
        return 0, max(broken, 1)
    return int(count[1]) - (int(skipped[1]) if skipped else 0), 0


def part(preset, allowed):
    """As a part of the suite: (passed, failed), or Skipped. The build is there."""
    install(allowed)
    classes = [(test, name) for test in TESTS for name in re.findall(
        r"^class (\w+)\(Case\)", (SOURCE / test).read_text(encoding="utf-8"), re.MULTILINE)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:  # they mostly wait
        results = list(pool.map(lambda one: run_class(preset, *one), classes))
    return tuple(map(sum, zip(*results)))
