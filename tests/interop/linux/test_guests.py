# SPDX-License-Identifier: MIT
"""What makes Linux guests and judges them (ci/), without qemu: a shell script is the machine here."""

import argparse
import contextlib
import io
import lzma
import os
import pathlib
import struct
import sys
import tarfile
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "ci"))

import debian  # noqa: E402
import guest  # noqa: E402
import initramfs  # noqa: E402
import linux  # noqa: E402
import packages  # noqa: E402
import parts  # noqa: E402

MACHINE = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in file:*/console.txt) console=${1#file:};; file:*/out.tar) out=${1#file:};; esac
    shift
done
"""
SAYS_END = 'printf "hello\\r\\nstory: exit status %d\\r\\n" "${STATUS:-0}" >"$console"\n'
WRITES_OUT = 'cat "$SAMPLE" >"$out"\n'


class Scratch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)

    def patch(self, target, name, value):
        patcher = mock.patch.object(target, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)


def unpack(blob):
    """(name, mode, data) of each entry of a newc archive, by the kernel's documentation."""
    at, found = 0, []
    while True:
        fields = [int(blob[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        assert blob[at:at + 6] == b"070701"
        name_at = at + 110
        name = blob[name_at:name_at + fields[11] - 1].decode()
        data_at = (name_at + fields[11] + 3) & ~3
        data = blob[data_at:data_at + fields[6]]
        at = (data_at + fields[6] + 3) & ~3
        if name == "TRAILER!!!":
            return found
        found.append((name, fields[1], data, fields[5], (fields[9], fields[10])))


class Initramfs(Scratch):
    def test_archive(self):
        archive = initramfs.Archive()
        archive.file("b/c", b"12345", 0o755)
        archive.character("dev/console", 5, 1)
        archive.link("a", "b/c")
        self.assertEqual(unpack(archive.pack()), [
            ("a", 0o120777, b"b/c", 0, (0, 0)),
            ("b", 0o40755, b"", 0, (0, 0)),
            ("b/c", 0o100755, b"12345", 0, (0, 0)),
            ("dev", 0o40755, b"", 0, (0, 0)),
            ("dev/console", 0o20600, b"", 0, (5, 1)),
        ])

    def test_order_of_adding_is_not_seen(self):
        first, second = initramfs.Archive(), initramfs.Archive()
        for archive, names in ((first, ("/x/y", "z", "x/a-b")), (second, ("x/a-b", "z", "x/y"))):
            for name in names:
                archive.file(name, name.strip("/").encode())
        self.assertEqual(first.pack(), second.pack())

    def test_kernel(self):
        for packed, good in ((lzma.compress(b"\x7fELF, a kernel"), True),
                             (lzma.compress(b"something else"), False), (b"\x1f\x8bgzip", False)):
            image = bytearray(0x400)
            image[0x1F1] = 3  # sectors of set-up code behind the first
            image[0x248:0x250] = struct.pack("<II", 16, len(packed))
            image = bytes(image).ljust(4 * 512 + 16, b"\0") + packed + b"behind"
            if good:
                self.assertEqual(initramfs.vmlinux(image), b"\x7fELF, a kernel")
            else:
                with self.assertRaises(debian.Unavailable):
                    initramfs.vmlinux(image)

    def test_modules(self):
        depends = {"top": "mid-a,mid_b", "mid-a": "base", "mid_b": "base,inside", "base": ""}
        for name, others in depends.items():
            path = self.top / "kernel" / f"{name}.ko"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"ELF\0depends=" + others.encode() + b"\0name=x\0")
        (self.top / "modules.builtin").write_text("kernel/lib/inside.ko\n")
        order = [path.stem for path in initramfs.module_order(self.top, ["top", "base", "inside"])]
        self.assertEqual(order, ["base", "mid-a", "mid_b", "top"])
        with self.assertRaisesRegex(debian.Unavailable, "no module nowhere"):
            initramfs.module_order(self.top, ["nowhere"])

    def test_libraries(self):
        found = initramfs.libraries(["/bin/sh"])
        self.assertTrue(any("libc.so" in name for name in found), found)
        self.assertTrue(any("ld-linux" in name for name in found), found)


class Guests(Scratch):
    def setUp(self):
        super().setUp()
        self.patch(guest, "initramfs", lambda root, story: b"")
        path = self.top / "story.sh"
        path.write_text("#!/bin/sh\n# a licence\n# The title.\n# limit: 10\n# runs: 2\n"
                        "# files: a b\n")
        self.story = guest.Story(path)

    def machine(self, body, **environment):
        """Outcome of a story in a machine that does this."""
        program = self.top / guest.QEMU
        program.write_text(MACHINE + body)
        program.chmod(0o755)
        with tarfile.open(self.top / "sample.tar", "w") as tar:
            for name in ("a/x.txt", "../escaped.txt"):
                entry = tarfile.TarInfo(name)
                entry.size = 3
                tar.addfile(entry, io.BytesIO(b"abc"))
        environment["PATH"] = f"{self.top}:{os.environ['PATH']}"
        environment["SAMPLE"] = str(self.top / "sample.tar")
        with mock.patch.dict(os.environ, environment):
            return guest.Guest(None, "kernel", self.story, self.top / "run").wait()

    def test_story(self):
        self.assertEqual((self.story.title, self.story.limit_s, self.story.runs, self.story.files,
                          self.story.virtual, self.story.suite),
                         ("The title.", 10, 2, ["a", "b"], True, "test"))

    def test_end(self):
        outcome = self.machine(SAYS_END + WRITES_OUT)
        self.assertEqual((outcome.trouble, outcome.status), (None, 0))
        self.assertEqual(outcome.console, "hello\nstory: exit status 0\n")
        self.assertEqual((outcome.out / "a/x.txt").read_bytes(), b"abc")
        self.assertFalse((outcome.out.parent / "escaped.txt").exists())
        self.assertEqual(linux.judge(self.story, [outcome, outcome]), [])

    def test_failed(self):
        outcome = self.machine(SAYS_END + WRITES_OUT, STATUS="3")
        found = linux.judge(self.story, [outcome])
        self.assertIn("exit status 3; its console ends:\n  | hello", found[0])

    def trouble(self, body, words):
        outcome = self.machine(body)
        self.assertIn(words, outcome.trouble)
        self.assertIn(words, linux.judge(self.story, [outcome])[0])
        return outcome

    def test_hung(self):
        self.story.limit_s = 0.2
        self.patch(guest, "command_line", lambda story, kernel, image, folder: [
            "sh", "-c", f"echo $$ >{folder}/pid; echo stuck >{folder}/console.txt; sleep 60"])
        outcome = self.trouble("", "not at its end after 0.2 s")
        self.assertEqual(outcome.console, "stuck\n")
        with self.assertRaises(ProcessLookupError):
            os.kill(int((self.top / "run/pid").read_text()), 0)

    def test_panic(self):
        self.trouble('echo "[ 1.0] Kernel panic - not syncing: x" >"$console"\n',
                     "its kernel panicked")

    def test_waiting(self):
        self.trouble('echo "story: still there after 900 s" >"$console"\n', "it waits for ever")

    def test_no_machine(self):
        self.trouble("echo no such option; exit 1\n", "ended with status 1: no such option")

    def test_off_too_early(self):
        self.trouble('echo hello >"$console"\n', "stopped before it was told of the end")

    def test_files_cut(self):
        self.trouble(SAYS_END + 'head -c 600 "$SAMPLE" >"$out"\n', "did not come out whole")
        self.trouble(SAYS_END, "did not come out whole")

    def runs(self, *changes):
        """Outcomes of runs whose files are these."""
        outcomes = []
        for number, files in enumerate(changes):
            folder = self.top / str(number)
            for name, data in {"console.txt": b"c", "out/a": b"a", **files}.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
            outcomes.append(guest.Outcome("c", folder / "out", 0, None, 1))
        return outcomes

    def test_compare(self):
        self.assertEqual(linux.compare(*self.runs({}, {})), [])
        found = linux.compare(*self.runs({"out/a": b"same, one"}, {"out/a": b"same, two"}))
        self.assertEqual(found, ["out/a differs between two runs at octet 6:\n"
                                 "  b'same, one'\n  b'same, two'"])
        self.assertIn("at octet 1", linux.compare(*self.runs({"console.txt": b"cc"}, {}))[0])
        self.assertEqual(linux.compare(*self.runs({"out/b": b""}, {})),
                         ["out/b is there in one run alone"])

    def test_in_order(self):
        findings = linux.Findings(None)
        lines = ["one", "two", "three", "two"]
        self.assertEqual(findings.in_order("x", lines, ["o", "two", "two"])[2].start(), 0)
        self.assertEqual(findings.found, [])
        findings.in_order("x", lines, ["three", "one"])
        findings.in_order("x", lines, ["two", "two", "two"])
        self.assertEqual(findings.found, ["x: no /one/ behind 'three'", "x: no /two/ behind 'two'"])


class Unavailable(Scratch):
    """Where a guest cannot be: the command says why and ends with 2, the suite goes on."""

    ARGS = argparse.Namespace(story=[], no_install=True)

    def command(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            status = linux.linux(self.ARGS, self.fail)
        return status, said.getvalue()

    def without(self, words):
        status, said = self.command()
        self.assertEqual(status, 2)
        self.assertIn(words, said)
        with self.assertRaisesRegex(parts.Skipped, words):
            linux.part(False)

    def test_not_installed(self):
        self.patch(packages, "install", lambda names, allowed: "not installed: qemu-system-x86")
        self.without("not installed: qemu-system-x86")

    def test_no_qemu(self):
        self.patch(packages, "install", lambda names, allowed: None)
        self.patch(guest, "QEMU", "no-such-qemu")
        self.without("there is no no-such-qemu")

    def test_no_packages(self):
        self.patch(packages, "install", lambda names, allowed: None)
        self.patch(guest, "QEMU", "sh")
        self.patch(guest, "BUILD", self.top)
        for name in ("apt-cache", "apt-get"):
            (self.top / name).write_text("#!/bin/sh\necho Depends: linux-image-1-amd64\n"
                                         f"[ {name} = apt-cache ] || echo no network >&2\n"
                                         f"[ {name} = apt-cache ]\n")
            (self.top / name).chmod(0o755)
        with mock.patch.dict(os.environ, PATH=f"{self.top}:{os.environ['PATH']}"):
            self.without("apt-get download: no network")

    def test_tally(self):
        def skip():
            raise parts.Skipped("no network")

        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            tally = parts.Tally()
            tally.run("Linux", skip)
            self.assertEqual(tally.close(), 0)
        self.assertIn("0 passed   0 failed  Linux: SKIPPED: no network", said.getvalue())

    def test_unknown_story(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            status = linux.linux(argparse.Namespace(story=["nothing"], no_install=True), self.fail)
        self.assertEqual(status, 2)
        self.assertIn("no story 'nothing'; there are", said.getvalue())


if __name__ == "__main__":
    unittest.main()
