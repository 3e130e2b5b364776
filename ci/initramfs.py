# SPDX-License-Identifier: MIT
"""A Linux guest's kernel and initramfs, from unpacked packages. Equal input gives equal bytes."""

import lzma
import pathlib
import re
import stat
import struct
import subprocess

from debian import Unavailable


class Archive:
    """A cpio archive of the kind that the kernel unpacks ("newc"): sorted, all of 1970, of root."""

    def __init__(self):
        self.entries = {}

    def folder(self, path):
        path = pathlib.PurePosixPath(path.strip("/"))
        for each in [path, *path.parents]:
            if str(each) != ".":
                self.entries.setdefault(str(each), (stat.S_IFDIR | 0o755, b"", (0, 0)))

    def add(self, path, kind, data, device=(0, 0)):
        path = path.strip("/")
        self.folder(str(pathlib.PurePosixPath(path).parent))
        self.entries[path] = (kind, data, device)

    def file(self, path, data, mode=0o644):
        self.add(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def character(self, path, major, minor):
        self.add(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def pack(self):
        out = []
        # A folder sorts before what is inside.
        for number, (path, (mode, data, device)) in enumerate(sorted(self.entries.items()), 1):
            out += self.record(number, path, mode, data, device)
        out += self.record(0, "TRAILER!!!", 0, b"", (0, 0))
        return b"".join(out)

    @staticmethod
    def record(number, path, mode, data, device):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
        return [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]


def vmlinux(image):
    """The kernel in a bzImage (Linux, Documentation/x86/boot.rst), so that no guest unpacks it."""
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    try:
        kernel = lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(image[start:start + length])
    except lzma.LZMAError as error:
        raise Unavailable(f"the kernel is not packed by xz: {error}") from error
    if kernel[:4] != b"\x7fELF":
        raise Unavailable("the kernel's image holds no ELF file")
    return kernel


def module_order(folder, wanted):
    """Files of kernel modules, each behind those it depends on, without what is built in."""
    files = {path.stem.replace("-", "_"): path for path in folder.rglob("*.ko")}
    built_in = {pathlib.PurePosixPath(line).stem.replace("-", "_")
                for line in (folder / "modules.builtin").read_text().splitlines()}
    order = []

    def visit(name):
        name = name.replace("-", "_")
        if name in built_in or files.get(name) in order:
            return
        if name not in files:
            raise Unavailable(f"the kernel has no module {name}")
        depends = re.search(rb"\0depends=([^\0]*)\0", files[name].read_bytes())
        for other in depends[1].decode().split(",") if depends else []:
            if other:
                visit(other)
        order.append(files[name])

    for name in wanted:
        visit(name)
    return order


def libraries(programs):
    """The shared libraries that programs want, where this machine has them, and their loader."""
    found = set()
    for program in programs:
        done = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0 and "not a dynamic executable" in done.stdout:
            continue
        absent = re.search(r"(\S+) => not found", done.stdout)
        if done.returncode != 0 or absent:
            raise Unavailable(f"{program}: {absent[1] if absent else done.stdout.strip()} is not "
                              "on this machine")
        found.update(re.findall(r"=> (/\S+)", done.stdout))
        found.update(re.findall(r"^\s+(/\S+) \(", done.stdout, re.MULTILINE))
    return sorted(found)
