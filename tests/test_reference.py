# SPDX-License-Identifier: MIT
"""stack/REFERENCE.md names nothing that does not exist: symbols, calls, messages, tests.

A row is | the document | means | C | Lua | BGAPI | tested by |; the top of that file says what stands in each.
"""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "stack/REFERENCE.md"
HEADERS = ("wire/include", "stack/include", "scenarios/engine/include", "sim/include", "io/include")
COLUMNS = ("the document", "means", "C", "Lua", "BGAPI", "tested by")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
QUOTED = re.compile(r"`([^`]+)`")
DASH = "-"


def rows(text):
    """(line number, section, cells) of each row of each table."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            section = line[3:]
        if not line.startswith("| "):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == COLUMNS[0] or set(line) <= set("| -"):
            continue
        yield number, section, cells


class Headers:
    """Words of the public headers, without what is comment, and the bodies of their structures."""

    def __init__(self):
        code = "\n".join(COMMENT.sub(" ", path.read_text(encoding="utf-8"))
                         for folder in HEADERS for path in sorted((ROOT / folder).rglob("*.h")))
        self.words = set(re.findall(r"[A-Za-z_]\w*", code))
        self.bodies = {}
        for match in re.finditer(r"\b(?:struct|union) (\w+) \{(.*?)\n\}", code, re.DOTALL):
            self.bodies[match[1]] = set(re.findall(r"[A-Za-z_]\w*", match[2]))

    def wrong(self, name):
        if not re.fullmatch(r"\w+(\.\w+)?", name):
            return f"C: `{name}` is no symbol"
        owner, _, member = name.partition(".")
        if owner not in self.words:
            return f"C: no public header has `{owner}`"
        if member and member not in self.bodies.get(owner, ()):
            return f"C: struct {owner} has no member `{member}`"
        return None


class Bindings:
    """The sections of scenarios/README.md by the calls in their headings, and the fields of its tables."""

    def __init__(self):
        text = (ROOT / "scenarios/README.md").read_text(encoding="utf-8")
        self.sections = {}
        self.fields = set()
        for part in re.split(r"^(?=#)", text, flags=re.MULTILINE):
            heading, _, body = part.partition("\n")
            if heading.startswith("#### "):
                for quoted in QUOTED.findall(heading):
                    self.sections[re.match(r"[\w.:]*", quoted)[0]] = quoted + body
        for line in text.splitlines():
            if line.startswith("|"):
                self.fields |= set(QUOTED.findall(line.split("|")[1]))

    def wrong(self, name):
        match = re.fullmatch(r"([\w.:]+?)(?:\{(\w+)\})?", name)
        if not match:
            return f"Lua: `{name}` is no name"
        call, argument = match[1], match[2]
        if argument:
            if call not in self.sections:
                return f"Lua: scenarios/README.md has no heading for `{call}`"
            if not re.search(rf"\b{argument}\b", self.sections[call]):
                return f"Lua: the section of `{call}` does not know `{argument}`"
        elif call not in self.sections and call not in self.fields:
            return f"Lua: scenarios/README.md does not document `{call}`"
        return None


class Messages:
    """The messages of the codec table: "gap_discover 6,2", "event gap_scan_response 6,0"."""

    def __init__(self):
        header = (ROOT / "wire/include/wire/bgapi.h").read_text(encoding="utf-8")
        table = (ROOT / "wire/bgapi.c").read_text(encoding="utf-8")
        codes = {name: int(code, 16) for name, code in
                 re.findall(r"\b(BGAPI_\w+) = (0x[0-9A-F]{4}),", header)}
        self.known = set()
        for kind, code, name in re.findall(r'\b(COMMAND|EVENT)\((BGAPI_\w+),\s*"(\w+)"', table):
            event = "event " if kind == "EVENT" else ""
            self.known.add(f"{event}{name} {codes[code] >> 8},{codes[code] & 0xFF}")

    def wrong(self, name):
        return f"BGAPI: the codec table has no `{name}`" if name not in self.known else None


class Tests:
    """What a test file holds under a name: a function, or a row or scenario."""

    def __init__(self):
        self.texts = {}

    def wrong(self, path, name):
        if path not in self.texts:
            file = ROOT / path
            self.texts[path] = file.read_text(encoding="utf-8") if file.is_file() else None
        text = self.texts[path]
        if text is None:
            return f"test: there is no file `{path}`"
        # Defined there: of a function that is only called the test is elsewhere.
        defined = rf"^\s*def {name}\(" if path.endswith(".py") else rf"^\w[\w *]*\b{name}\("
        function = re.fullmatch(r"\w+", name) and re.search(defined, text, re.MULTILINE)
        if not function and f'"{name}"' not in text:
            return f"test: {path} has no `{name}`"
        return None


def wrong_in(text, headers, bindings, messages, tests):
    """What is wrong with the table, a line each."""
    found = []
    for number, _, cells in rows(text):
        if len(cells) != len(COLUMNS):
            found.append(f"{number}: {len(cells)} cells in place of {len(COLUMNS)}")
            continue
        problems = [f"{COLUMNS[i]}: the cell is empty" for i, cell in enumerate(cells) if not cell]
        if cells[2] == DASH and cells[3] == DASH and cells[4] == DASH:
            problems.append("no counterpart at all")
        for cell, check in ((cells[2], headers), (cells[3], bindings), (cells[4], messages)):
            if cell and cell != DASH and not QUOTED.search(cell):
                problems.append(f"names nothing: {cell}")
            problems += filter(None, map(check.wrong, QUOTED.findall(cell)))
        named = QUOTED.findall(cells[5])
        if cells[5] and (not named or len(named) % 2):
            problems.append(f"no pair of file and name: {cells[5]}")
        problems += filter(None, map(tests.wrong, named[::2], named[1::2]))
        found += [f"{number}: {cells[0]}: {problem}" for problem in problems]
    return found


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.checks = Headers(), Bindings(), Messages(), Tests()

    def test_rows(self):
        text = TABLE.read_text(encoding="utf-8")
        self.assertGreater(len(list(rows(text))), 250)
        found = wrong_in(text, *self.checks)
        self.assertEqual(found, [], "\n" + "\n".join(f"stack/REFERENCE.md:{line}" for line in found))

    def test_nothing_of_the_dongle_is_without_a_row(self):
        text = TABLE.read_text(encoding="utf-8")
        header = COMMENT.sub(" ", (ROOT / "stack/include/blueroom/bgapi_blocking.h").read_text(encoding="utf-8"))
        calls = set(re.findall(r"\bint (blr_bgapi_\w+)\(", header)) - {"blr_bgapi_sleep"}
        self.assertGreater(len(calls), 15)
        self.assertGreater(len(self.checks[2].known), 30)
        for name in sorted(calls | self.checks[2].known):
            with self.subTest(name):
                self.assertIn(f"`{name}`", text)

    def test_what_is_wrong_is_found(self):
        good = ["`a()`", "does", "`blr_bgapi_scan`, `blr_bgapi_scan_params.active`", "`adapter:scan{active}`",
                "`gap_discover 6,2`, `event gap_scan_response 6,0`", "`tests/test_reference.py` `test_rows`"]
        wrong = [
            (2, "`blr_bgapi_scna`", "no public header has"),
            (2, "`blr_bgapi_scan_params.passive`", "has no member"),
            (2, "blr_bgapi_scan", "names nothing"),
            (2, "", "the cell is empty"),
            (3, "`adapter:scna`", "does not document"),
            (3, "`adapter:scan{passive}`", "does not know"),
            (3, "`adapter:scna{active}`", "no heading"),
            (4, "`gap_discover 6,3`", "the codec table has no"),
            (4, "`event gap_discover 6,2`", "the codec table has no"),
            (5, "`tests/test_reference.c` `test_rows`", "there is no file"),
            (5, "`tests/test_reference.py` `test_` `rows`", "no pair"),
            (5, "`tests/test_reference.py` `test_row`", "has no `test_row`"),
            (5, "`tests/test_reference.py` `assertGreater`", "has no `assertGreater`"),
            (5, "`tests/unit/stack/test_dongle.c` `expect_said`", "has no `expect_said`"),
            (5, "", "the cell is empty"),
        ]
        self.assertEqual(wrong_in(f"| {' | '.join(good)} |", *self.checks), [])
        self.assertIn("5 cells", wrong_in(f"| {' | '.join(good[1:])} |", *self.checks)[0])
        self.assertIn("no counterpart", wrong_in("| `a()` | does | - | - | - | `tests/air_check.py` `main` |",
                                                 *self.checks)[0])
        for column, cell, expected in wrong:
            with self.subTest(cell=cell):
                cells = [*good[:column], cell, *good[column + 1:]]
                found = wrong_in(f"| {' | '.join(cells)} |", *self.checks)
                self.assertTrue(found and expected in found[0], found)


if __name__ == "__main__":
    unittest.main()
