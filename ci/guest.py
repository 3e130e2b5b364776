# SPDX-License-Identifier: MIT
"""
Linux in qemu: Debian's kernel and BlueZ, an initramfs, and one story that runs inside.

A story is tests/interop/linux/stories/NAME.sh. tests/interop/linux/README.md says what it may use.
"""

import io
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import time

import debian
from initramfs import Archive, libraries, module_order, vmlinux

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "tests/interop/linux"
BUILD = ROOT / "build/linux"
PACKAGES = [debian.KERNEL, "busybox-static", "dbus-daemon", "bluez", "bluez-test-tools"]
# The kernel asks for ciphers by name, so modules do not depend on these.
MODULES = ["sha512_generic", "ctr", "drbg", "ecdh_generic", "cmac", "ccm", "ecb", "bluetooth",
           "hci_vhci"]
PROGRAMS = ["bin/hciconfig", "usr/bin/bluetoothctl", "usr/bin/btmgmt", "usr/bin/btmon",
            "usr/bin/btvirt", "usr/bin/hci-tester", "usr/bin/dbus-daemon",
            "usr/libexec/bluetooth/bluetoothd"]
MEMORY_MB = 256
QEMU = "qemu-system-x86_64"
# Time is a count of instructions, one a nanosecond, and idle time is none. Nobody wants the record:
# but while qemu makes it, its timers wait for the processor to stop at the instruction at which they
# are due. Else they run beside it, and on a busy machine an interrupt now and then came late.
VIRTUAL = ["-accel", "tcg,thread=single",
           "-icount", "shift=0,sleep=off,rr=record,rrfile={folder}/record",
           "-rtc", "base=2020-01-01,clock=vm"]
WALL = ["-accel", "tcg,thread=single", "-rtc", "base=2020-01-01,clock=host"]


class Story:
    """What NAME.sh says of itself in the comments at its beginning: `# key: value`."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        text = path.read_text(encoding="utf-8")
        self.title = text.splitlines()[2].lstrip("# ")
        self.notes = dict(re.findall(r"^# (clock|limit|modules|files|programs|runs|suite): (.*)$",
                                     text, re.MULTILINE))
        self.virtual = self.notes.get("clock", "virtual") == "virtual"
        self.limit_s = int(self.notes.get("limit", "300"))
        self.runs = int(self.notes.get("runs", "1"))
        self.suite = self.notes.get("suite", "test")
        self.modules = self.notes.get("modules", "").split()
        self.files = self.notes.get("files", "").split()
        self.programs = self.notes.get("programs", "").split()


class Outcome:
    """What has become of a story: trouble is None, or why it did not come to its end."""

    def __init__(self, console, out, status, trouble, seconds):
        self.console = console
        self.out = out
        self.status = status
        self.trouble = trouble
        self.seconds = seconds


def stories():
    return {path.stem: Story(path) for path in sorted((HERE / "stories").glob("*.sh"))}


def prepare():
    """Kernel and packages below build/linux. Raises debian.Unavailable."""
    if not shutil.which(QEMU):
        raise debian.Unavailable(f"there is no {QEMU}")
    root = debian.unpack(PACKAGES, BUILD / "debian")
    kernel = BUILD / "debian" / "vmlinux"
    if not kernel.exists():
        images = sorted((root / "boot").glob("vmlinuz-*"))
        if not images:
            raise debian.Unavailable("the kernel's package holds no kernel")
        part = kernel.with_suffix(".part")
        part.write_bytes(vmlinux(images[0].read_bytes()))
        part.rename(kernel)
    return root, kernel


def add_program(archive, source, name):
    archive.file(f"bin/{name}", pathlib.Path(source).read_bytes(), 0o755)


def add_busybox(archive, busybox):
    add_program(archive, busybox, "busybox")
    applets = subprocess.run([busybox, "--list"], stdout=subprocess.PIPE, text=True, check=True)
    for applet in applets.stdout.split():
        if applet != "busybox":
            archive.link(f"bin/{applet}", "busybox")


def add_files(archive, story):
    """Files and folders of the repository, where they are in it, below /blueroom."""
    for name in story.files:
        source = ROOT / name
        paths = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in paths:
            if path.is_file():
                inside = path.relative_to(ROOT).as_posix()
                archive.file(f"blueroom/{inside}", path.read_bytes(),
                             0o755 if os.access(path, os.X_OK) else 0o644)


def initramfs(root, story):
    archive = Archive()
    for folder in ("proc", "sys", "dev", "tmp", "out", "run/dbus", "blueroom", "root",
                   "var/lib/bluetooth", "usr/share/dbus-1"):
        archive.folder(folder)
    archive.character("dev/console", 5, 1)
    add_busybox(archive, root / "bin/busybox")
    programs = [root / name for name in PROGRAMS]
    programs += [ROOT / name for name in ["build/release/blueroom", *story.programs]]
    for program in programs:
        add_program(archive, program, program.name)
    for library in libraries(programs):
        archive.file(library, pathlib.Path(library).read_bytes(), 0o755)
    kernel = next((root / "lib/modules").iterdir())
    modules = module_order(kernel, MODULES + story.modules)
    for module in modules:
        archive.file(f"modules/{module.name}", module.read_bytes())
    archive.file("modules/order", "".join(f"{module.name}\n" for module in modules).encode())
    for source, name in (("init.sh", "init"), ("lib.sh", "lib.sh")):
        archive.file(name, (HERE / source).read_bytes(), 0o755)
    archive.file("etc/dbus.conf", (HERE / "dbus.conf").read_bytes())
    archive.file("etc/passwd", b"root:x:0:0::/root:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\n")
    archive.file("story.sh", story.path.read_bytes())
    add_files(archive, story)
    return archive.pack()


def unpack_out(blob, folder):
    """What the story left in /out. Returns None, or what is wrong."""
    try:
        with tarfile.open(fileobj=io.BytesIO(blob)) as tar:
            for member in tar:
                target = folder / member.name
                if member.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                elif member.isfile() and folder in target.resolve().parents:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(tar.extractfile(member).read())
    except (tarfile.TarError, EOFError) as error:
        return f"its files did not come out whole: {error}"
    return None


def command_line(story, kernel, image, folder):
    clock = [word.format(folder=folder) for word in (VIRTUAL if story.virtual else WALL)]
    # Whatever becomes of us, it does not run for ever.
    return ["sh", "-c", 'ulimit -t "$0"; exec "$@"', str(2 * story.limit_s),
            QEMU, *clock, "-cpu", "qemu64", "-m", str(MEMORY_MB),
            "-seed", "1", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-serial", f"file:{folder}/console.txt", "-serial", f"file:{folder}/out.tar",
            "-kernel", str(kernel), "-initrd", str(image),
            "-append", "console=ttyS0 quiet nokaslr panic=-1 oops=panic mitigations=off "
                       "random.trust_cpu=off"]


class Guest:
    """A story that runs in a machine of its own. folder is emptied first."""

    def __init__(self, root, kernel, story, folder):
        self.story = story
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        image = folder / "initramfs.cpio"
        image.write_bytes(initramfs(root, story))
        self.started = time.monotonic()
        with open(folder / "qemu.txt", "wb") as log:
            self.process = subprocess.Popen(
                command_line(story, kernel, image, folder), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def wait(self):
        """Until it has switched itself off; not beyond the story's limit."""
        trouble = None
        left = self.started + self.story.limit_s - time.monotonic()
        try:
            self.process.wait(max(left, 0.1))
        except subprocess.TimeoutExpired:
            trouble = f"not at its end after {self.story.limit_s} s"
        finally:
            self.kill()
        seconds = time.monotonic() - self.started
        console = self.read("console.txt").decode(errors="replace").replace("\r", "")
        said = re.search(r"^story: exit status (\d+)$", console, re.MULTILINE)
        if trouble is None and "Kernel panic" in console:
            trouble = "its kernel panicked"
        if trouble is None and "\nstory: still there" in f"\n{console}":
            trouble = "it waits for ever"
        if trouble is None and self.process.returncode != 0:
            words = self.read("qemu.txt").decode(errors="replace").strip()
            trouble = f"{QEMU} ended with status {self.process.returncode}: {words}"
        if trouble is None and not said:
            trouble = "its machine stopped before it was told of the end"
        (self.folder / "record").unlink(missing_ok=True)
        out = self.folder / "out"
        out.mkdir()
        if trouble is None:
            trouble = unpack_out(self.read("out.tar"), out)
        return Outcome(console, out, int(said[1]) if said else None, trouble, seconds)

    def read(self, name):
        path = self.folder / name
        return path.read_bytes() if path.exists() else b""
