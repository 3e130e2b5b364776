# SPDX-License-Identifier: MIT
"""Stories inside a Linux guest: boots them, compares their runs, judges what came out."""

import concurrent.futures
import contextlib
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import time

import debian
import guest
import packages
from parts import ROOT, Skipped

PROGRAM = ROOT / "build/release/blueroom"


class Findings:
    """What a story's check looks at, and what it has found wrong."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.found = []

    def fail(self, text):
        self.found.append(text)

    def run(self, *command):
        """Standard output of a command; it fails when its status is not 0."""
        done = subprocess.run([str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        if done.returncode != 0:
            self.fail(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
        return done.stdout

    def dump(self, name):
        """The lines that `blueroom dump` prints of a trace, without their times."""
        path = self.outcome.out / name
        if not path.exists():
            self.fail(f"there is no {name}")
            return []
        return [line.split(None, 1)[1] for line in self.run(PROGRAM, "dump", path).splitlines()]

    def in_order(self, what, lines, patterns):
        """Each pattern is found in a line behind the one of the pattern before it."""
        at = 0
        matches = []
        for pattern in patterns:
            match = None
            for at, line in enumerate(lines[at:], at + 1):
                match = re.search(pattern, line)
                if match:
                    break
            if not match:
                behind = f" behind '{matches[-1].string}'" if matches else ""
                self.fail(f"{what}: no /{pattern}/{behind}")
                return None
            matches.append(match)
        return matches


def checker(story):
    """check(findings) of the story's NAME.py, if it has one."""
    path = story.path.with_suffix(".py")
    if not path.exists():
        return lambda findings: None
    spec = importlib.util.spec_from_file_location(f"story_{story.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.check


def compare(first, second):
    """What differs between two runs: a list of texts."""
    folders = [outcome.out.parent for outcome in (first, second)]
    texts = [{"console.txt": (folder / "console.txt").read_bytes()} for folder in folders]
    for folder, text in zip(folders, texts):
        text.update((path.relative_to(folder).as_posix(), path.read_bytes())
                    for path in sorted((folder / "out").rglob("*")) if path.is_file())
    found = []
    for name in sorted(texts[0].keys() | texts[1].keys()):
        a, b = (text.get(name) for text in texts)
        if a is None or b is None:
            found.append(f"{name} is there in one run alone")
        elif a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            found.append(f"{name} differs between two runs at octet {at}:\n"
                         f"  {a[max(at - 60, 0):at + 40]!r}\n  {b[max(at - 60, 0):at + 40]!r}")
    return found


def judge(story, outcomes):
    """What is wrong with the runs of a story: a list of texts."""
    found = []
    for outcome in outcomes:
        if outcome.trouble or outcome.status != 0:
            end = "\n".join(f"  | {line}" for line in outcome.console.splitlines()[-40:])
            why = outcome.trouble or f"exit status {outcome.status}"
            found.append(f"{why}; its console ends:\n{end}")
    if found:
        return found
    findings = Findings(outcomes[0])
    checker(story)(findings)
    for other in outcomes[1:]:
        findings.found += compare(outcomes[0], other)
    return findings.found


def tell(story, outcomes, found):
    seconds = " and ".join(f"{outcome.seconds:.0f} s" for outcome in outcomes)
    print(f"{'FAIL' if found else 'PASS'}  {story.name} ({seconds}) {story.title}")
    for text in found:
        print("      " + text.replace("\n", "\n      "))
    report = outcomes[0].out / "report.txt"
    if report.exists():
        print(report.read_text(encoding="utf-8", errors="replace"), end="")
    sys.stdout.flush()


def boot(root, kernel, story, number):
    """Runs a story in a guest of its own, and waits for its end."""
    name = story.name if story.runs == 1 else f"{story.name}-{number}"
    return guest.Guest(root, kernel, story, guest.BUILD / name).wait()


def run_stories(root, kernel, chosen):
    """Returns (passed, failed). Raises debian.Unavailable."""
    passed = failed = 0
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(
            concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1))
        running = [(story, [pool.submit(boot, root, kernel, story, number + 1)
                            for number in range(story.runs)]) for story in chosen]
        for story, futures in running:
            outcomes = [future.result() for future in futures]
            found = judge(story, outcomes)
            tell(story, outcomes, found)
            passed, failed = passed + (not found), failed + bool(found)
    return passed, failed


def prepare(allowed):
    """guest.prepare(), with what it needs installed if that is allowed."""
    reason = packages.install(packages.LINUX, allowed)
    if reason:
        raise debian.Unavailable(reason)
    return guest.prepare()


def part(allowed):
    """As a part of the suite: (passed, failed), or parts.Skipped. The release build is there."""
    try:
        root, kernel = prepare(allowed)
        return run_stories(root, kernel, [story for story in guest.stories().values()
                                          if story.suite == "test"])
    except debian.Unavailable as error:
        raise Skipped(str(error)) from error


def linux(args, build):
    """
    The command: exit status 0, 1 when a story failed, 2 when it cannot be run here. build(targets)
    makes programs in build/release.
    """
    known = guest.stories()
    for name in args.story:
        if name not in known:
            print(f"ci/run.py linux: no story '{name}'; there are " + ", ".join(known),
                  file=sys.stderr)
            return 2
    chosen = [known[name] for name in args.story] or [
        story for story in known.values() if story.suite in ("test", "linux")]
    started = time.monotonic()
    try:
        root, kernel = prepare(not args.no_install)
        build(["blueroom", *(pathlib.Path(name).name for story in chosen
                             for name in story.programs)])
        passed, failed = run_stories(root, kernel, chosen)
    except debian.Unavailable as error:
        print(f"ci/run.py linux: cannot be run here: {error}", file=sys.stderr)
        return 2
    print(f"{passed} passed, {failed} failed in {time.monotonic() - started:.0f} s; "
          f"consoles and traces: {guest.BUILD.relative_to(ROOT)}/<story>")
    return 1 if failed else 0
