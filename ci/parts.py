# SPDX-License-Identifier: MIT
"""The parts of the suite. Each returns (passed, failed)."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = "scenarios"


class Skipped(Exception):
    """A part cannot be run on this machine; the text says why."""


class Tally:
    """Runs parts one after the other, times them, and closes with the line that CI reads."""

    def __init__(self):
        self.rows = []

    def run(self, name, part):
        print(f"== {name}", flush=True)
        started = time.monotonic()
        try:
            passed, failed = part()
        except Skipped as reason:
            name, passed, failed = f"{name}: SKIPPED: {reason}", 0, 0
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            passed, failed = 0, 1
        self.rows.append((name, passed, failed, (time.monotonic() - started) / 60))

    def close(self):
        print()
        for name, passed, failed, minutes in self.rows:
            print(f"{minutes:5.1f} min  {passed:5} passed {failed:3} failed  {name}")
        failed = sum(row[2] for row in self.rows)
        print(f"{sum(row[3] for row in self.rows):5.1f} min in all")
        print(f"{sum(row[1] for row in self.rows)} passed, {failed} failed")
        return 1 if failed else 0


def build(preset, jobs, targets=(), tests=True):
    """Configures and builds build/PRESET. Counts as one check; raises when it fails."""
    log = ROOT / "build" / f"{preset}.log"
    log.parent.mkdir(exist_ok=True)
    configure = ["cmake", "--preset", preset, f"-DBLR_TESTS={'ON' if tests else 'OFF'}"]
    make = ["cmake", "--build", f"build/{preset}", "-j", str(jobs)]
    if targets:
        make += ["--target", *targets]
    with open(log, "w", encoding="utf-8") as out:
        for command in (configure, make):
            done = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, check=False)
            if done.returncode != 0:
                out.flush()
                sys.stderr.write("".join(open(log, encoding="utf-8").readlines()[-60:]))
                done.check_returncode()
    return 1, 0


def ctest(preset, jobs):
    done = subprocess.run(
        ["ctest", "--test-dir", f"build/{preset}", "-j", str(jobs), "--output-on-failure",
         "--no-tests=error", "--timeout", "300"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        stdin=subprocess.DEVNULL)
    summary = re.search(r"(\d+) tests failed out of (\d+)", done.stdout)
    if done.returncode != 0 or not summary:
        sys.stdout.write(done.stdout)
    if not summary:
        return 0, 1
    failed, total = int(summary[1]), int(summary[2])
    print(f"{total - failed} of {total} test programs passed")
    return total - failed, max(failed, 1 if done.returncode else 0)


def scripts():
    """Every scenario script, by theme; helpers in lib/ and the engine are not scripts."""
    found = []
    for path in sorted((ROOT / SCRIPTS).rglob("*.lua")):
        inside = path.relative_to(ROOT / SCRIPTS).parts
        if inside[0] not in ("lib", "engine"):
            found.append(path.relative_to(ROOT))
    return found


def run_scenarios(program, traces, quiet=False):
    """Runs every script with traces; prints the program's own lines."""
    if traces.exists():
        shutil.rmtree(traces)
    passed = failed = 0
    for script in scripts():
        done = subprocess.run([program, "run", "--trace", traces, "--air", script], cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, stdin=subprocess.DEVNULL)
        if not quiet or done.returncode != 0:
            sys.stdout.write(done.stdout)
            sys.stdout.flush()
            sys.stderr.write(done.stderr)
        names = re.findall(r"^(PASS|FAIL)\b", done.stdout, re.MULTILINE)
        passed += names.count("PASS")
        failed += names.count("FAIL")
        if done.returncode != 0 and "FAIL" not in names or not names:
            print(f"FAIL  {script}: exit status {done.returncode}")
            failed += 1
    return passed, failed


def checker(command, what):
    done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        print(f"FAIL  {what}")
    return (1, 0) if done.returncode == 0 else (0, 1)


def traces_of(preset):
    return ROOT / "build" / f"traces-{preset}"


def loses_packets(script):
    """The script makes packets get lost, so that repeating what was acknowledged is right."""
    text = (ROOT / script).read_text(encoding="utf-8")
    return re.search(r"\b(lose|corrupt|interferer|power_off|drift)\b", text) is not None


def has_tester(script):
    """A raw radio is in the room, which may send whatever it likes."""
    text = (ROOT / script).read_text(encoding="utf-8")
    return re.search(r"\braw *\{", text) is not None


def drift_of(script):
    """How far its worst sleep clock is off, in ppm."""
    text = (ROOT / script).read_text(encoding="utf-8")
    return max(map(int, re.findall(r"\bdrift = -?(\d+)", text)), default=0)


def scenario_traces(preset):
    """Scenarios under sanitizers; then tshark and btmon on every trace."""
    passed, failed = run_scenarios(ROOT / f"build/{preset}/blueroom", traces_of(preset))
    lossless = [option for script in scripts() if not loses_packets(script)
                for option in ("--lossless", f"*/{script.stem}/*")]
    tester = [option for script in scripts() if has_tester(script)
              for option in ("--tester", f"*/{script.stem}/*")]
    more = checker(["tests/interop/check_traces.py", "--program", f"build/{preset}/blueroom",
                    *lossless, *tester, str(traces_of(preset))],
                   "tshark and btmon accept every trace")
    return passed + more[0], failed + more[1]


def air_rules(preset):
    passed = failed = 0
    for script in scripts():
        lossy = ["--lossy"] if loses_packets(script) else []
        tester = ["--tester"] if has_tester(script) else []
        drift = ["--drift-ppm", str(drift_of(script))]
        captures = sorted((traces_of(preset) / script.stem).rglob("air.pcap"))
        more = checker(["tests/air_check.py", *lossy, *tester, *drift, *map(str, captures)], script)
        passed, failed = passed + more[0], failed + more[1]
    return passed, failed if passed + failed else 1


def house_rules(preset):
    return checker(["ci/checks.py", f"build/{preset}"], "house rules")


def valgrind(preset):
    """Every script, and the server with clients that come, go and talk nonsense."""
    program = ROOT / f"build/{preset}/blueroom"
    under = ["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full",
             "--errors-for-leak-kinds=definite"]
    runs = {script: [*under, program, "run", script] for script in scripts()}
    hostile = ROOT / "tests/cli/test_serve_hostile.py"
    runs[hostile] = [sys.executable, hostile, program]
    # Freed memory that valgrind keeps would look like a leak to those who watch the server's size,
    # and what it says of a terminal's ioctls like trouble.
    served = [*under, "--freelist-vol=100000", "--sim-hints=lax-ioctls"]
    environment = {**os.environ, "BLUEROOM_UNDER": shlex.join(served)}
    passed = failed = 0
    for name, command in runs.items():
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            passed += 1
        else:
            failed += 1
            print(f"FAIL  {name} in valgrind: exit status {done.returncode}\n{done.stderr}")
    return passed, failed


def fuzz(preset, seconds):
    """Each fuzz target for a few seconds over its committed corpus; findings are kept."""
    passed = failed = 0
    findings = ROOT / "build/findings"
    findings.mkdir(parents=True, exist_ok=True)
    for source in sorted((ROOT / "tests/fuzz").glob("fuzz_*.c")):
        name = source.stem
        with tempfile.TemporaryDirectory() as scratch:
            done = subprocess.run(
                [ROOT / f"build/{preset}/tests/{name}", f"-max_total_time={seconds}",
                 "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={findings}/{name}-",
                 "-print_final_stats=1", scratch, ROOT / "tests/fuzz/corpus" / name],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                check=False, stdin=subprocess.DEVNULL, errors="replace")
        runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stdout)
        if done.returncode == 0 and runs and int(runs[1]) > 0:
            passed += 1
            print(f"{name}: {runs[1]} runs")
        else:
            failed += 1
            print(f"FAIL  {name}: exit status {done.returncode}\n" + done.stdout[-4000:])
    return passed, failed if passed + failed else 1


def bench(preset):
    """Prints every benchmark's `name value unit` lines."""
    status = 0
    programs = sorted((ROOT / "tests/bench").glob("bench_*.c"))
    for source in programs:
        done = subprocess.run([ROOT / f"build/{preset}/tests/{source.stem}"], cwd=ROOT,
                              check=False, stdin=subprocess.DEVNULL)
        status = status or (2 if done.returncode else 0)
    return status
