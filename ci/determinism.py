# SPDX-License-Identifier: MIT
"""The same script and seed give the same bytes: in every build, twice, at once, elsewhere, and whoever
watches. Each way of running a script is compared with the first one, trace file by trace file."""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from parts import ROOT, scripts

ELSEWHERE = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"}
SNIFFER = "zz-sniffer"
OUTPUT = "standard output"


class Way:
    """One way of running a script. `keep` tells which of the reference's results it must give."""

    def __init__(self, name, preset, options=("--air",), environment=None, rewrite=None,
                 keep=lambda name: True, suits=lambda text: True, traced=True):
        self.name = name
        self.preset = preset
        self.options = list(options)
        self.environment = environment or {}
        self.rewrite = rewrite
        self.keep = keep
        self.suits = suits
        self.traced = traced


def in_another_order(text):
    """Devices that are declared one below the other, each on a line, and those of a loop: the last
    one first."""
    text = re.sub(r"(?m)^for (\w+) = 1, (\w+) do$(?=(?:\n  .*)*device \{)",
                  r"for \1 = \2, 1, -1 do", text)
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and re.match(r"local \w+ *= device \{.*\}$", lines[end]):
            end += 1
        lines[start:end] = reversed(lines[start:end])
        start = end + 1
    return "\n".join(lines)


def with_a_sniffer(text):
    """A radio that hears everything, and says nothing."""
    return f'{text}\nsniffer {{ name = "{SNIFFER}", keep = false }}\n'


def with_an_onlooker(text):
    """One more device, which listens passively for as long as the scenario runs."""
    device = f'local onlooker = device {{ name = "{SNIFFER}" }}'
    listener = ("  onlooker:script(function()\n"
                "    while true do onlooker:scan_all { active = false, timeout = s(1) } end\n"
                "  end)")
    return re.sub(r"(?m)^(scenario\(.*function\(\))$",
                  lambda m: f"{m[1]}\n{listener}", f"{device}\n{text}")


def ways(presets):
    found = [Way(f"{preset}, run {n}", preset) for preset in presets for n in (1, 2)]
    first = presets[0]
    return found + [
        Way("another locale and time zone", first, environment=ELSEWHERE),
        Way("air unrecorded", first, options=(), keep=lambda name: not name.endswith(".pcap")),
        Way("without traces", first, traced=False, keep=lambda name: name == OUTPUT),
        Way("devices in another order", first, rewrite=in_another_order,
            suits=lambda text: in_another_order(text) != text),
        Way("a sniffer in the room", first, rewrite=with_a_sniffer),
        # The room's statistics count what each device heard, an onlooker too.
        Way("an onlooker in the room", first, rewrite=with_an_onlooker,
            keep=lambda name: name != OUTPUT, suits=lambda text: "radio_stats" not in text),
    ]


def hashes(traces):
    return {str(path.relative_to(traces)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(traces.rglob("*"))
            if path.is_file() and path.stem != SNIFFER}


def run(way, script, seed, folder):
    """The hashes of the traces and of what it prints; none when the script does not pass."""
    path = ROOT / script
    if way.rewrite:
        copy = folder / "scenarios"
        shutil.copytree(ROOT / "scenarios/lib", copy / "lib")
        text = path.read_text(encoding="utf-8")
        path = copy / script.name
        path.write_text(way.rewrite(text), encoding="utf-8")
    traces = folder / "traces"
    trace = ["--trace", traces, *way.options] if way.traced else []
    done = subprocess.run(
        [ROOT / f"build/{way.preset}/blueroom", "run", "-v", "--seed", str(seed), *trace, path],
        cwd=ROOT, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, **way.environment})
    if done.returncode != 0:
        sys.stderr.write(done.stderr.decode(errors="replace"))
        return {}
    found = hashes(traces) if way.traced else {}
    found[OUTPUT] = hashlib.sha256(done.stdout).hexdigest()
    return {name: digest for name, digest in found.items() if way.keep(name)}


def compare(presets, seeds=(1,)):
    """Returns (passed, failed)."""
    passed = failed = 0
    with tempfile.TemporaryDirectory() as top, \
            concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        for script in scripts():
            text = (ROOT / script).read_text(encoding="utf-8")
            all_ways = [way for way in ways(presets) if way.suits(text)]
            for seed in seeds:
                jobs = []
                for number, way in enumerate(all_ways):
                    folder = pathlib.Path(top) / script.stem / f"{seed}-{number}"
                    folder.mkdir(parents=True)
                    jobs.append(pool.submit(run, way, script, seed, folder))
                reference = jobs[0].result()
                for way, job in zip(all_ways, jobs):
                    expected = {k: v for k, v in reference.items() if way.keep(k)}
                    result = job.result()
                    if result == expected and result:
                        passed += 1
                        continue
                    failed += 1
                    names = sorted(k for k in {*expected, *result}
                                   if expected.get(k) != result.get(k))
                    print(f"FAIL  {script}, seed {seed}: {way.name} differs from "
                          f"{all_ways[0].name}: {', '.join(names)}")
                shutil.rmtree(pathlib.Path(top) / script.stem)
    print(f"{passed} runs of {len(scripts())} scripts gave the same bytes")
    return passed, failed
