#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds blueroom, runs its scenarios, its tests and its benchmarks, each with its own set-up.

usage: ci/run.py scenarios|test|nightly|bench|linux [--no-install] [--quick] [--jobs N]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import determinism  # noqa: E402
import linux as guests  # noqa: E402
import node  # noqa: E402
import packages  # noqa: E402
import parts  # noqa: E402
from parts import ROOT, Tally  # noqa: E402

# {gcc, clang} x {-O0, -O3}, and both compilers' sanitizers.
BUILDS = ["asan", "dev", "release", "clang-debug", "clang-release", "fuzz"]


def scenarios(args):
    packages.ensure(packages.BUILD, not args.no_install)
    parts.build("release", args.jobs, targets=["blueroom"], tests=False)
    passed, failed = parts.run_scenarios(ROOT / "build/release/blueroom", ROOT / "build/traces")
    print(f"{passed} passed, {failed} failed")
    print(f"traces: {ROOT / 'build/traces'}")
    return 1 if failed else 0


def test(args, seeds=(1,)):
    packages.ensure(packages.BUILD + packages.TEST, not args.no_install)
    tally = Tally()
    tally.run("build with sanitizers (gcc)", lambda: parts.build("asan", args.jobs))
    tally.run("unit tests, corpora, command line", lambda: parts.ctest("asan", args.jobs))
    tally.run("scenarios and their traces", lambda: parts.scenario_traces("asan"))
    tally.run("the air against the rules", lambda: parts.air_rules("asan"))
    if not args.quick:
        tally.run("noble and bleno", lambda: node.part("asan", not args.no_install))
        tally.run("build at -O0 (gcc)", lambda: parts.build("dev", args.jobs))
        tally.run("house rules", lambda: parts.house_rules("dev"))
        tally.run("build at -O3 (gcc)", lambda: parts.build(
            "release", args.jobs, targets=["blueroom"], tests=False))
        tally.run("Linux, whole, in virtual time", lambda: guests.part(not args.no_install))
        tally.run("build with sanitizers and fuzzers (clang)",
                  lambda: parts.build("fuzz", args.jobs))
        for preset, name in (("clang-debug", "-O0"), ("clang-release", "-O3")):
            tally.run(f"build at {name} (clang)", lambda preset=preset: parts.build(
                preset, args.jobs, targets=["blueroom"], tests=False))
        tally.run("the same bytes everywhere", lambda: determinism.compare(BUILDS, seeds))
        tally.run("valgrind", lambda: parts.valgrind("dev"))
        tally.run("fuzzing", lambda: parts.fuzz("fuzz", args.fuzz_seconds))
    return tally.close()


def nightly(args):
    """The suite with more of everything that takes time."""
    args.quick = False
    args.fuzz_seconds = max(args.fuzz_seconds, 120)
    # tests/cli/test_controller.py
    os.environ["BLUEROOM_CONTROLLER_MINUTE"] = "1"
    # tests/cli/test_serve_hostile.py
    os.environ["BLUEROOM_SERVE_FUZZ"] = "1000000"
    os.environ["BLUEROOM_SERVE_SOAK"] = "10000"
    return test(args, seeds=range(1, 21))


def bench(args):
    packages.ensure(packages.BUILD + packages.TEST, not args.no_install)
    parts.build("release", args.jobs)
    return parts.bench("release")


def linux(args):
    packages.ensure(packages.BUILD + ["libcmocka-dev"], not args.no_install)
    return guests.linux(args, lambda targets: parts.build("release", args.jobs, targets))


def main():
    commands = {"scenarios": scenarios, "test": test, "bench": bench, "nightly": nightly,
                "linux": linux}
    parser = argparse.ArgumentParser(
        prog="ci/run.py",
        description="Each command installs what it needs (Debian 12), configures, builds and runs.",
        epilog="scenarios: build/release, every script, traces in build/traces. "
               "test: the whole suite with sanitizers. nightly: test with more seeds and longer "
               "fuzzing. bench: figures. linux: Linux with BlueZ on our controllers, in qemu.")
    parser.add_argument("command", choices=sorted(commands))
    parser.add_argument("--no-install", action="store_true", help="install no packages")
    parser.add_argument("--quick", action="store_true",
                        help="test: sanitized tests and traces alone, for a developer's loop")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, metavar="N",
                        help="how many at a time (default: as many as processors)")
    parser.add_argument("--fuzz-seconds", type=int, default=8, metavar="N",
                        help="test: how long each fuzz target runs (default 8)")
    parser.add_argument("--story", action="append", default=[], metavar="NAME",
                        help="linux: this one of tests/interop/linux/stories/; may be repeated")
    args = parser.parse_args()
    os.chdir(ROOT)
    started = time.monotonic()
    try:
        status = commands[args.command](args)
    except subprocess.CalledProcessError as error:
        print(f"ci/run.py: {' '.join(map(str, error.cmd))}: exit status {error.returncode}",
              file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    if args.command != "test":
        print(f"{(time.monotonic() - started) / 60:.1f} minutes")
    return status


if __name__ == "__main__":
    sys.exit(main())
