#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the rules of the house that a compiler does not.

usage: checks.py BUILD_DIR

- every header compiles alone, with the include paths that its folder is granted
- no folder includes what it may not, so that sim/ and stack/ never meet
- every source file names its licence
- no file is too long, none holds a marker of unfinished work
- the static libraries of BUILD_DIR (a build without sanitizers) hold no mutable state, and those of
  the world and the host call nothing that reads a clock, the environment or chance

Prints FILE:LINE: what is wrong. Exit status 0 if nothing is, else 1.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 600
WARNINGS = ["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
            "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wvla", "-Werror"]

# A folder and the folders whose public headers it may include.
GRANTED = {
    "wire": [],
    "sim": ["wire"],
    "stack": ["wire"],
    "pcap": ["wire"],
    "io": ["wire"],
    "scenarios/engine": ["wire", "sim", "stack", "pcap", "io"],
    "cli": ["wire", "sim", "stack", "pcap", "io", "scenarios/engine"],
    "tests/support": ["wire", "sim", "stack", "pcap", "io", "scenarios/engine"],
}
PACKAGES = ["lua5.4", "libpcap", "cmocka"]

# Libraries that must not know what time it is, where they run, or what chance says.
SEALED = {"libblr_wire.a", "libblr_sim.a", "libblr_stack.a"}
FORBIDDEN_CALLS = {
    "clock", "clock_gettime", "time", "gettimeofday", "localtime", "gmtime", "nanosleep", "sleep",
    "usleep", "getenv", "secure_getenv", "rand", "rand_r", "srand", "random", "srandom", "drand48",
    "getrandom", "getentropy", "arc4random", "RAND_bytes", "open", "fopen", "socket",
}

MUTABLE_SECTION = re.compile(r"^(\.data|\.bss|\.tdata|\.tbss|\.ldata|\.lbss|\*COM\*|\.sdata|\.sbss)")
# Pointers in constants are written once, by the loader.
RELOCATED_SECTION = re.compile(r"^\.data\.rel\.ro")
TOOL_SYMBOL = re.compile(r"^(\.L|__odr_asan|__asan|__ubsan|__sancov|__gcov|__llvm|__prof|\.gcov)")

SOURCE_SUFFIXES = {".c", ".h", ".js", ".lua", ".py", ".cmake", ".sh"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def relative(path):
    return path.relative_to(ROOT).as_posix()


def source_files():
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders
                            if name not in ("build", "__pycache__") and not name.startswith("."))
        for name in sorted(names):
            path = pathlib.Path(folder) / name
            if path.suffix in SOURCE_SUFFIXES or name == "CMakeLists.txt":
                found.append(path)
    return found


def folder_of(path):
    name = relative(path)
    inside = [folder for folder in GRANTED if name.startswith(folder + "/")]
    return max(inside, key=len) if inside else None


def include_path(folder):
    """What the folder's own files may include, the folder itself first."""
    granted = [ROOT / folder, ROOT / folder / "include"]
    granted += [ROOT / other / "include" for other in GRANTED[folder]]
    if folder == "tests/support":
        granted += [ROOT / "sim", ROOT / "stack"]  # as the tests of those folders have them
    return [path for path in granted if path.is_dir()]


def package_flags():
    done = subprocess.run(["pkg-config", "--cflags", *PACKAGES], capture_output=True, text=True,
                          check=False)
    return done.stdout.split()


def check_header(path, flags):
    folder = folder_of(path)
    include = [f"-I{directory}" for directory in include_path(folder)]
    # Twice, so that its guard is tried as well.
    text = f'#include "{path}"\n#include "{path}"\n'
    done = subprocess.run(["gcc", "-x", "c", "-fsyntax-only", *WARNINGS, *include, *flags, "-"],
                          input=text, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    errors = [line for line in done.stderr.splitlines() if re.search(r": (error|fatal error):", line)]
    found = [line.replace(f"{ROOT}/", "") for line in errors] or [done.stderr.strip()]
    return [f"{line} (the header alone: {relative(path)})" for line in found]


def check_headers(files):
    headers = [path for path in files if path.suffix == ".h" and folder_of(path)]
    flags = package_flags()
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = pool.map(lambda path: check_header(path, flags), headers)
        return [problem for result in results for problem in result]


def folders_that_offer(name):
    return [folder for folder in GRANTED
            if (ROOT / folder / "include" / name).is_file() or (ROOT / folder / name).is_file()]


def check_walls(path, lines):
    folder = folder_of(path)
    if folder is None or path.suffix not in (".c", ".h") or folder == "tests/support":
        return []
    problems = []
    granted = include_path(folder)
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if not match:
            continue
        name = match[1]
        if any((place / name).is_file() for place in [path.parent, *granted]) and ".." not in name:
            continue
        if ".." in name:
            problems.append(f"{relative(path)}:{number}: {name} leaves its folder")
        elif others := folders_that_offer(name):
            problems.append(f"{relative(path)}:{number}: {folder}/ may not include {name}"
                            f" of {others[0]}/")
    return problems


def check_text(path, lines):
    problems = []
    # A scenario begins with its story and its source; a program may begin with "#!".
    first = 3 if path.suffix == ".lua" else 2
    if not any("SPDX-License-Identifier: MIT" in line for line in lines[:first]):
        problems.append(f"{relative(path)}:{first}: no SPDX-License-Identifier: MIT up to here")
    if len(lines) > LONGEST:
        problems.append(f"{relative(path)}:{len(lines)}: longer than {LONGEST} lines")
    if path == pathlib.Path(__file__).resolve():
        return problems
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            problems.append(f"{relative(path)}:{number}: unfinished: {line.strip()}")
    return problems


def symbols(archive):
    """(object, name, class, section) of each symbol; class is a letter of nm's."""
    done = subprocess.run(["nm", "-A", "-f", "sysv", archive], capture_output=True, text=True,
                          check=True)
    for line in done.stdout.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7:
            where, _, name = fields[0].rpartition(":")
            yield where.rpartition(":")[2], name, fields[2], fields[6]


def places(archive):
    """symbol name -> FILE:LINE, from the debug information."""
    done = subprocess.run(["nm", "-l", archive], capture_output=True, text=True, check=False)
    found = {}
    for line in done.stdout.splitlines():
        symbol, tab, place = line.partition("\t")
        if tab and symbol.split():
            found[symbol.split()[-1]] = place.replace(f"{ROOT}/", "")
    return found


def check_archive(archive):
    state, calls = [], []
    for where, name, kind, section in symbols(archive):
        if name == "__gnu_lto_slim":
            return [f"{archive}:1: built for link-time optimisation: nothing to see for nm"]
        if name.startswith(("__asan", "__ubsan_handle")):
            return [f"{archive}:1: built with sanitizers: give a build without them"]
        if kind == "U":
            if archive.name in SEALED and name in FORBIDDEN_CALLS:
                calls.append(f"{archive}:1: {where} calls {name}()")
            continue
        mutable = MUTABLE_SECTION.match(section) and not RELOCATED_SECTION.match(section)
        # nm -f sysv gives no section for common symbols.
        if (mutable or kind == "C") and name != section and not TOOL_SYMBOL.match(name):
            state.append((where, name, section or "common"))
    lines = places(archive) if state else {}
    return calls + [f"{lines.get(name, f'{archive}:{where}')}: mutable state: {name} in {section}"
                    for where, name, section in state]


def check_archives(build):
    archives = sorted(path for path in build.rglob("libblr_*.a")
                      if path.name != "libblr_test_support.a")
    if not archives:
        return [f"{build}:1: no static libraries: build first"]
    return [problem for archive in archives for problem in check_archive(archive)]


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(sys.argv) == 2 else 1
    files = source_files()
    problems = []
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        problems += check_text(path, lines) + check_walls(path, lines)
    problems += check_headers(files)
    problems += check_archives(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    print(f"{len(files)} files checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
