# SPDX-License-Identifier: MIT
"""Every scenario script's traces, as `blueroom dump` prints them, against tests/golden/.

usage: test_golden.py PROGRAM [--bless] [UNITTEST-ARGUMENTS]

tests/golden/<script>/<device>.txt is what the device's host sees with the seed 0, air.txt what is on the
air, decoded. --bless writes them anew: look at the difference as at code, and say in the commit why it is right.
"""

import difflib
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
BLESS = "--bless" in sys.argv
sys.argv = [argument for argument in sys.argv if argument != "--bless"]
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests/golden"
SHOWN_LINES = 60
# A minute of empty packets is nothing to read; the rules of the air are checked by air_check.py.
WITHOUT_AIR = {"crowd", "flaky_peer", "heart_rate", "many_links", "pairing_matrix",
               "privacy_tracker", "sleepy"}
# Folders of scripts about what a tester sends and is answered: that is all on the air, in packets that say something.
SPOKEN_AIR_ALONE = {"robustness"}
# Of a hundred pairings, what the two ends agree on and what comes of it.
KEPT_LINES = {"pairing_matrix": re.compile(r"SMP Pairing (Request|Response) |EVT  Encryption Change ")}
EMPTY = re.compile(r" md=[01] (again )?empty$", re.MULTILINE)


def scripts():
    folder = ROOT / "scenarios"
    return [path for path in sorted(folder.rglob("*.lua"))
            if path.relative_to(folder).parts[0] not in ("lib", "engine")]


def dumped(script, scratch):
    """The texts of all traces of a script, by path within tests/golden/."""
    subprocess.run([PROGRAM, "run", "--trace", scratch, "--air", script], cwd=ROOT, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300)
    texts = {}
    for trace in sorted(pathlib.Path(scratch).rglob("*")):
        if trace.is_dir() or trace.name == "air.pcap" and script.stem in WITHOUT_AIR:
            continue
        spoken = script.parent.name in SPOKEN_AIR_ALONE
        if trace.name == "air-raw.pcap" or spoken and trace.name != "air.pcap":
            continue  # air-raw.pcap: interop/check_traces.py compares it with air.pcap, octet by octet
        name = trace.relative_to(scratch).with_suffix(".txt").as_posix()
        text = subprocess.run([PROGRAM, "dump", trace], check=True, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout.decode()
        lines = text.splitlines(True)
        if spoken:
            text = "".join(line for line in lines if not EMPTY.search(line))
        elif script.stem in KEPT_LINES:
            text = "".join(line for line in lines if KEPT_LINES[script.stem].search(line))
        texts[name] = text
    return texts


def bless():
    for old in sorted(GOLDEN.rglob("*.txt")):
        old.unlink()
    for script in scripts():
        with tempfile.TemporaryDirectory() as scratch:
            for name, text in dumped(script, scratch).items():
                path = GOLDEN / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")


class Golden(unittest.TestCase):
    def test_scripts(self):
        seen = set()
        self.assertTrue(scripts())
        stems = [script.stem for script in scripts()]
        self.assertEqual(len(set(stems)), len(stems), "two scripts would share a folder of traces")
        for script in scripts():
            with self.subTest(script.name), tempfile.TemporaryDirectory() as scratch:
                texts = dumped(script, scratch)
                seen |= set(texts)
                for name, text in texts.items():
                    path = GOLDEN / name
                    golden = path.read_text(encoding="utf-8") if path.exists() else ""
                    if text != golden:
                        lines = list(difflib.unified_diff(
                            golden.splitlines(), text.splitlines(), f"golden/{name}",
                            "now", lineterm=""))
                        rest = len(lines) - SHOWN_LINES
                        more = [f"... and {rest} more lines"] if rest > 0 else []
                        self.fail("\n".join([f"{name} differs:", *lines[:SHOWN_LINES], *more]))
        kept = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.txt")}
        self.assertEqual(kept - seen, set(), "goldens of no trace")


if __name__ == "__main__":
    if BLESS:
        bless()
    else:
        unittest.main()
