# SPDX-License-Identifier: MIT
"""Programs of Node.js on serial paths of a server, and what the README shows of them."""

import contextlib
import json
import os
import pathlib
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]
MODULES = ROOT / "build/node/node_modules"
sys.path.insert(0, str(ROOT / "tests/cli"))

from h4_client import PATIENCE, Server  # noqa: E402


def missing(*packages):
    """Why the tests cannot be run; None: they can."""
    if not shutil.which("node"):
        return "node is not installed (Debian: apt install nodejs)"
    for package in packages or ("@stoprocent/noble", "@stoprocent/bleno"):
        if not (MODULES / package).is_dir():
            return f"no {package} in build/node: `python3 ci/run.py test` puts it there"
    return None


def section():
    """The README's "noble and bleno"."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(r"^### noble and bleno\n(.*?)^##", text, re.MULTILINE | re.DOTALL)[1]


def shown_files():
    """The files that the section shows, by the name that stands before each."""
    found = re.findall(r"`([\w.]+)`[^`]*?\n\n```\w+[^\n]*\n(.*?)^```$", section(),
                       re.MULTILINE | re.DOTALL)
    return dict(found)


def shown_commands(top):
    """The commands that it shows, as lists of words, with what is in /tmp in this folder."""
    lines = re.findall(r"^    ((?:BLUETOOTH|build/release/blueroom serve).*)$", section(),
                       re.MULTILINE)
    return [shlex.split(line.replace("/tmp/", f"{top}/")) for line in lines]


class Program:
    """A program whose lines of standard output are awaited."""

    def __init__(self, *arguments, port=None, cwd=None, **environment):
        if port:
            environment["BLUETOOTH_HCI_SOCKET_UART_PORT"] = str(port)
        self.process = subprocess.Popen(
            list(map(str, arguments)), cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env={**os.environ, "NODE_PATH": str(MODULES), **environment})
        self.lines = queue.SimpleQueue()
        self.errors = []
        self.threads = [threading.Thread(target=self.take_lines),
                        threading.Thread(target=self.take_errors)]
        for thread in self.threads:
            thread.start()

    def take_lines(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def take_errors(self):
        self.errors += self.process.stderr

    def line(self):
        """The next line; None at the end."""
        try:
            return self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            self.process.kill()
            raise AssertionError(f"{self.process.args}: nothing for {PATIENCE} s; "
                                 f"{''.join(self.errors)}") from None

    def rest(self):
        """All lines up to its end, and its exit status."""
        lines = list(iter(self.line, None))
        return lines, self.process.wait(timeout=PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()


class Host(Program):
    """noble or bleno, told what to do."""

    def __init__(self, package, port, **environment):
        super().__init__("node", FOLDER / "driver.js", f"@stoprocent/{package}", port=port,
                         **environment)
        self.do("await host.waitForPoweredOnAsync()")

    def answer(self, code):
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()
        line = self.line()
        if line is None:
            raise AssertionError(f"{code}: it has ended: {''.join(self.errors)}")
        return json.loads(line)

    def do(self, code):
        """What the body of an asynchronous function returns; octets as hexadecimal text."""
        answer = self.answer(code)
        if "error" in answer:
            raise AssertionError(f"{code}: {answer['error']}")
        return answer.get("value")

    def until(self, expression):
        """What the expression gives as soon as it is true."""
        deadline = time.monotonic() + PATIENCE
        while True:
            value = self.do(f"return {expression}")
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"{expression}: {self.do('return events')}")
            time.sleep(0.01)


class Case(unittest.TestCase):
    program = None  # of which all are

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)
        self.server = None

    def tearDown(self):
        """Of what went wrong, the server's side."""
        if self.server:
            self.server.process.send_signal(signal.SIGINT)
            print(f"{self.id()}: {self.server.process.stderr.read()}", file=sys.stderr)

    def keep(self, thing):
        self.addCleanup(thing.close)
        return thing

    def serve(self, *arguments, room=None, names=("noble",)):
        """A server with a terminal for each of the names, traces in top/out, and a room."""
        ends = [word for name in names for word in ("--pty", f"{self.top / name},name={name}")]
        if room:
            (self.top / "room.lua").write_text(room, encoding="utf-8")
            arguments += ("room.lua",)
        return self.start(*ends, "--trace", "out", "--air", "-v", *arguments)

    def start(self, *arguments):
        self.server = Server(self.program, *arguments, cwd=self.top)
        self.addCleanup(self.server.kill)

    def host(self, package, name=None):
        return self.keep(Host(package, self.top / (name or package)))

    def dump(self, room, name):
        """The lines of a trace, without their times."""
        done = subprocess.run([self.program, "dump", self.top / "out" / room / name],
                              stdout=subprocess.PIPE, text=True, check=True)
        return [line.split(None, 1)[1] for line in done.stdout.splitlines()]

    def said(self, lines, *patterns):
        """Each pattern is found in a line behind the one of the pattern before it."""
        at = 0
        for pattern in patterns:
            while at < len(lines) and not re.search(pattern, lines[at]):
                at += 1
            self.assertLess(at, len(lines), f"no /{pattern}/ in order in\n" + "\n".join(lines))
            at += 1

    def logged(self, text):
        """The server's next line holds this."""
        line = self.server.process.stderr.readline()
        self.assertIn(text, line)
        return line

    def stop(self, lossless=True, killed=False):
        """
        Ends the server well; what it has logged. Others find nothing wrong in its traces: not a
        packet twice if lossless, and intervals of advertising right if no advertiser was killed.
        """
        server, self.server = self.server, None
        status, log = server.stop()
        self.assertEqual(status, 0, log)
        checked = self.checker("interop/check_traces.py", "--program", self.program,
                               *(["--lossless", "*"] if lossless else []), self.top / "out")
        if checked.returncode == 2 and checked.stdout.startswith("SKIPPED"):
            self.skipTest(checked.stdout)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        for air in [] if killed else (self.top / "out").rglob("air.pcap"):
            checked = self.checker("air_check.py", *([] if lossless else ["--lossy"]), air)
            self.assertEqual(checked.returncode, 0, checked.stdout)
        return log

    @staticmethod
    def checker(name, *arguments):
        return subprocess.run([sys.executable, ROOT / "tests" / name, *arguments],
                              stdout=subprocess.PIPE, text=True, check=False)
