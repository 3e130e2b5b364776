# SPDX-License-Identifier: MIT
"""What an example program prints, against the text beside its source.

usage: example_prints.py PROGRAM EXPECTED [--bless]

Exit status 0: the same, and the program ended with 0. --bless writes the text anew.
"""

import difflib
import pathlib
import subprocess
import sys


def main(program, expected, *bless):
    done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=False, timeout=60)
    if done.returncode != 0:
        print(f"{program}: exit status {done.returncode}\n{done.stdout}")
        return 1
    path = pathlib.Path(expected)
    if bless == ("--bless",):
        path.write_text(done.stdout, encoding="utf-8")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    print("\n".join(difflib.unified_diff(text.splitlines(), done.stdout.splitlines(),
                                         path.name, "printed", lineterm="")))
    return int(text != done.stdout)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
