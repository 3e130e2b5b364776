# SPDX-License-Identifier: MIT
"""The report of what btvirt's HCI and ours have different, and its tool.

usage: test_compare_hci.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
INTEROP = ROOT / "tests/interop"
GOLDEN = INTEROP / "btvirt"
SCRIPTS = ("heart_rate", "pairing_pin", "two_way_message")


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.top = pathlib.Path(scratch.name)
        cls.ours = cls.top / "ours"
        subprocess.run([PROGRAM, "run", "--trace", cls.ours,
                        *(ROOT / f"scenarios/{name}.lua" for name in SCRIPTS)], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        # It is about our own air, and was skipped on btvirt.
        for folder in (cls.ours / "pairing_pin").glob("4-*"):
            shutil.rmtree(folder)

    def compare(self, theirs, ours, *arguments):
        return subprocess.run([sys.executable, INTEROP / "compare_hci.py", "--program", PROGRAM,
                               *map(str, arguments), theirs, ours], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    def explained(self, change):
        path = self.top / "explained.md"
        text = (INTEROP / "btvirt.md").read_text(encoding="utf-8")
        path.write_text(change(text), encoding="utf-8")
        return self.compare(GOLDEN, self.ours, "--explained", path)

    def test_every_difference_is_explained(self):
        done = self.compare(GOLDEN, self.ours, "--names", "btvirt,ours", "--explained",
                            INTEROP / "btvirt.md")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        for words in ("event Disconnection Complete: reason  (4 traces)\n"
                      "    btvirt: Remote User Terminated Connection\n"
                      "    ours: Connection Terminated By Local Host\n    = **btvirt's fault.**",
                      "connection handles  (10 traces)\n    btvirt: 0x002a\n    ours: 0x0000\n"):
            self.assertIn(words, done.stdout)

    def test_one_that_is_not(self):
        done = self.explained(lambda text: text.replace("### report: rssi\n", "### report: power\n"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("report: rssi  (2 traces)", done.stdout)
        self.assertIn("= NOT EXPLAINED\n", done.stdout)
        self.assertIn("report: power\n    = explained, but not found\n", done.stdout)
        self.assertIn("differences, 1 not explained, 1 explanations in vain\n", done.stdout)

    def test_nothing_differs(self):
        done = self.compare(self.ours, self.ours)
        self.assertEqual((done.returncode, done.stdout), (0, "0 differences\n"))

    def test_what_is_noticed(self):
        """Packets taken out, put elsewhere, changed: by the octets of btsnoop records."""
        source = self.ours / "two_way_message/central.btsnoop"
        octets = source.read_bytes()
        records, at = [], 16
        while at < len(octets):
            end = at + 24 + int.from_bytes(octets[at + 4:at + 8], "big")
            records.append(octets[at:end])
            at = end

        def index(part):
            return next(i for i, record in enumerate(records) if part in record[24:])
        created = index(bytes.fromhex("0f0400"))  # Command Status of LE Create Connection
        connected = index(bytes.fromhex("3e1f0a"))
        version = index(bytes.fromhex("0e0c01011000"))  # Read Local Version Information: 5.1
        lost, moved, other = list(records), list(records), list(records)
        del lost[connected]
        moved[created], moved[connected] = moved[connected], moved[created]
        other[version] = records[version].replace(b"\x01\x10\x00\x0a", b"\x01\x10\x00\x09")
        rows = (
            (lost, "event LE Enhanced Connection Complete [v1]  (1 traces)\n    theirs: there\n"
                   "    ours: -\n"),
            (moved, "order event LE Connection Complete  (1 traces)\n    theirs: behind answer LE "
                    "Create Connection\n    ours: behind command LE Create Connection\n"),
            (other, "answer Read Local Version Information: hci  (1 traces)\n    theirs: 5.1\n"
                    "    ours: 5.0\n"),
        )
        for number, (changed, words) in enumerate(rows):
            with self.subTest(words):
                folders = [self.top / f"{number}-{side}" for side in ("theirs", "ours")]
                for folder, packets in zip(folders, (records, changed)):
                    folder.mkdir()
                    (folder / source.name).write_bytes(octets[:16] + b"".join(packets))
                done = self.compare(*folders)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(words, done.stdout)
                self.assertTrue(done.stdout.endswith("1 differences\n"), done.stdout)

    def test_trouble(self):
        empty = self.top / "empty"
        empty.mkdir()
        done = self.compare(GOLDEN, empty)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"{empty}: no btsnoop files", done.stderr)
        (empty / "x.btsnoop").write_text("no trace")
        self.assertEqual(self.compare(GOLDEN, empty).returncode, 2)
        done = self.compare(GOLDEN, self.ours, "--explained", self.top / "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("nowhere", done.stderr)


if __name__ == "__main__":
    unittest.main()
