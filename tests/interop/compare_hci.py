#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What two controllers say differently to the same host in the same story.

usage: compare_hci.py [--program PROGRAM] [--explained FILE] [--names A,B] THEIRS OURS

THEIRS and OURS are folders with btsnoop files of the same names, as `blueroom run --trace` writes
them: one run on each kind of controller. A difference is told once, with its values and the number
of traces that show it:

  command NAME          the host asks it of one alone; or, NAME: FIELD, with another value
  answer NAME: FIELD    Command Complete or Command Status says otherwise
  event NAME            one alone sends it; NAME: FIELD, with another value; NAME: number
  report ...            advertising reports, of which each scan gets as many as it lasts
  data NAME             as for events, of what hosts send to each other
  order NAME            it stands elsewhere among the others

Times are not compared, and addresses by whose they are. FILE explains differences, in Markdown:
headings `### DIFFERENCE`, in which * stands for anything, then a text for those above it. Exit
status: 0 when every difference is explained and every explanation needed, or without FILE; 1 when
not; 2 for trouble.
"""

import argparse
import collections
import difflib
import fnmatch
import pathlib
import re
import subprocess
import sys

LINE = re.compile(r"^\s*[\d.]+ ([<>]) (CMD|EVT|ACL) +(.*)$")
FIELD = re.compile(r" (\w+)=((?:(?! \w+=).)*)")
# One stands in the place of the other where there is privacy (Core v5.4, Vol 4, Part E, 7.7.65.10).
SAME = {"LE Enhanced Connection Complete [v1]": "LE Connection Complete"}
REPORTS = ("LE Advertising Report", "LE Directed Advertising Report")
COMPLETED = "Number Of Completed Packets"
SHOWN = 3


class Packet:
    """A line of the dump: kind is command, answer, event, report, completed or data."""

    def __init__(self, to_host, layer, text, names):
        for address, name in names.items():
            text = text.replace(address, name)
        self.text = text
        self.fields = dict(FIELD.findall(" " + text))
        self.name = re.split(r" \w+=| \{", text)[0]
        self.kind = {"CMD": "command", "EVT": "event", "ACL": "data"}[layer]
        answer = re.match(r"Command (Complete|Status) (.*)", self.name)
        if answer:
            self.kind = "answer"
            self.name = answer[2]
            self.fields["by"] = f"Command {answer[1]}"
        elif self.name in REPORTS:
            self.kind = "report"
        elif self.name == COMPLETED:
            self.kind = "completed"
        elif self.kind == "data":
            text = re.sub(r"^handle=\S+ ", "", text)
            self.name = ("sent " if not to_host else "received ") + re.split(r" \w+=| \{", text)[0]
            self.fields = dict(FIELD.findall(" " + text))
            # Lists in braces are one value.
            braces = re.search(r"\{.*\}", text)
            if braces:
                self.fields = {"list": braces[0]}
        self.place = f"{self.kind} {SAME.get(self.name, self.name)}"


def dump(program, path):
    done = subprocess.run([program, "dump", path], stdout=subprocess.PIPE, text=True, check=True)
    return [match.groups() for match in map(LINE.match, done.stdout.splitlines()) if match]


class Folder:
    """The traces below a folder, with addresses as the names of those who have them."""

    def __init__(self, program, top):
        self.traces = {}
        lines = {path.relative_to(top): dump(program, path)
                 for path in sorted(top.rglob("*.btsnoop"))}
        for path, packets in lines.items():
            names = {}
            for other, others in lines.items():
                if other.parent != path.parent:
                    continue
                for _, _, text in others:
                    found = re.search(r"Read BD_ADDR status=Success addr=(\S+)", text)
                    if found:
                        names[found[1]] = f"<{other.stem}>"
            self.traces[path] = [Packet(direction == "<", layer, text, names)
                                 for direction, layer, text in packets]


class Report:
    """Differences by what they are: who shows them, and their values."""

    def __init__(self):
        self.rows = collections.defaultdict(lambda: (set(), collections.Counter()))

    def add(self, trace, what, theirs, ours):
        traces, values = self.rows[what]
        traces.add(trace)
        values[theirs, ours] += 1

    def values(self, what, names):
        _, values = self.rows[what]
        lines = [f"    {names[0]}: {theirs}\n    {names[1]}: {ours}"
                 for (theirs, ours), _ in sorted(values.items())[:SHOWN]]
        if len(values) > SHOWN:
            lines.append(f"    and {len(values) - SHOWN} more")
        return "\n".join(lines)


def bits(text, other):
    """Supported Commands of this one alone, as octet.bit (Core v5.4, Vol 4, Part E, 6.27)."""
    pairs = zip(bytes.fromhex(text), bytes.fromhex(other))
    return " ".join(f"{i}.{bit}" for i, (x, y) in enumerate(pairs) for bit in range(8)
                    if x & ~y & 1 << bit) or "nothing"


def compare_fields(report, trace, kind, a, b):
    for field in {**a.fields, **b.fields}:
        theirs, ours = a.fields.get(field, "-"), b.fields.get(field, "-")
        what = f"{kind} {SAME.get(b.name, b.name)}: {field}"
        if field == "handle" and kind != "data":
            what = "connection handles"  # wherever they stand
        elif field == "commands" and theirs != "-" != ours:
            theirs, ours = ("alone " + bits(theirs, ours), "alone " + bits(ours, theirs))
        if a.fields.get(field) != b.fields.get(field):
            report.add(trace, what, theirs, ours)


def aligned(a, b):
    """Pairs of packets at the same place, and those that are at a place of one alone."""
    pairs, left, right = [], [], []
    matcher = difflib.SequenceMatcher(None, [p.place for p in a], [p.place for p in b],
                                      autojunk=False)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            pairs += zip(a[i1:i2], b[j1:j2])
        else:
            left += a[i1:i2]
            right += b[j1:j2]
    return pairs, left, right


def alone(report, trace, kind, left, right):
    """What one of them has more often."""
    counts = [collections.Counter(p.name for p in side) for side in (left, right)]
    for name in sorted(counts[0].keys() | counts[1].keys()):
        theirs, ours = (count[name] for count in counts)
        if theirs and ours and kind != "data" and theirs != ours:
            report.add(trace, f"{kind} {name}: number", f"{theirs} elsewhere", f"{ours} elsewhere")
        elif not ours:
            report.add(trace, f"{kind} {name}", "there", "-")
        elif not theirs:
            report.add(trace, f"{kind} {name}", "-", "there")


def compare_kind(report, trace, kind, a, b):
    pairs, left, right = aligned([p for p in a if p.kind == kind], [p for p in b if p.kind == kind])
    for one, other in pairs:
        compare_fields(report, trace, kind, one, other)
        if one.name != other.name:
            report.add(trace, f"{kind} {other.name}", f"{one.name} in its place", "there")
    # An answer of one alone is told with its command.
    if kind != "answer":
        alone(report, trace, kind, left, right)


def compare_reports(report, trace, a, b):
    """Each distinct one; how many of them there are is a matter of time."""
    sides = []
    for packets in (a, b):
        found = collections.defaultdict(set)
        for packet in packets:
            if packet.kind == "report":
                text = re.sub(r" rssi=\S+", "", packet.text)
                found[text].add(packet.fields.get("rssi"))
        sides.append(found)
    for text in sorted(sides[0].keys() | sides[1].keys()):
        if text not in sides[1]:
            report.add(trace, "report of theirs alone", text, "-")
        elif text not in sides[0]:
            report.add(trace, "report of ours alone", "-", text)
        elif sides[0][text] != sides[1][text]:
            report.add(trace, "report: rssi", ", ".join(sorted(sides[0][text])),
                       ", ".join(sorted(sides[1][text])))


def compare_completed(report, trace, a, b):
    """They may come one by one or in sums; those of the last packets may not come any more."""
    totals = [sum(int(p.fields["count"]) for p in side if p.kind == "completed") for side in (a, b)]
    if totals[0] != totals[1]:
        report.add(trace, f"event {COMPLETED}: number", *map(str, totals))


def compare_order(report, trace, a, b):
    """Of what both have: which stands behind something else than with the other."""
    common = collections.Counter(p.place for p in a) & collections.Counter(p.place for p in b)
    sides = []
    for packets in (a, b):
        left = common.copy()
        side = []
        for packet in packets:
            if packet.kind not in ("report", "completed") and left[packet.place]:
                left[packet.place] -= 1
                side.append(packet)
        sides.append(side)
    _, moved, _ = aligned(*sides)
    places = [[p.place for p in side] for side in sides]
    for place in sorted({packet.place for packet in moved}):
        behind = [{row[i - 1] if i else "nothing" for i, p in enumerate(row) if p == place}
                  for row in places]
        only = [behind[0] - behind[1], behind[1] - behind[0]]
        report.add(trace, f"order {place}", *(f"behind {', '.join(sorted(x)) or 'the same'}"
                                              for x in only))


def compare(theirs, ours):
    report = Report()
    for trace in sorted(theirs.traces.keys() | ours.traces.keys()):
        if trace not in theirs.traces or trace not in ours.traces:
            report.add(trace, f"trace {trace}", *("there" if trace in side.traces else "-"
                                                  for side in (theirs, ours)))
            continue
        a, b = theirs.traces[trace], ours.traces[trace]
        for kind in ("command", "answer", "event", "data"):
            compare_kind(report, trace, kind, a, b)
        compare_reports(report, trace, a, b)
        compare_completed(report, trace, a, b)
        compare_order(report, trace, a, b)
    return report


def explanations(path):
    """Patterns and their texts, in the order of the file."""
    found, patterns, text = [], [], []
    for line in path.read_text(encoding="utf-8").splitlines() + ["### "]:
        if line.startswith("#"):
            if text and patterns:
                found += [(pattern, " ".join(text)) for pattern in patterns]
                patterns = []
            text = []
            if line.startswith("### "):
                patterns.append(line[4:].strip())
        elif line.strip():
            text.append(line.strip())
    return found


def explain(what, explained):
    for pattern, text in explained:
        if fnmatch.fnmatchcase(what, re.sub(r"\[", "[[]", pattern)):
            return pattern, text
    return None, None


def tell(report, explained, names):
    """Prints the report. Whether all is explained, and nothing else."""
    used, missing = set(), 0
    for what in sorted(report.rows):
        traces, _ = report.rows[what]
        pattern, text = explain(what, explained or [])
        print(f"{what}  ({len(traces)} traces)")
        print(report.values(what, names))
        if pattern:
            used.add(pattern)
            print(f"    = {text}")
        elif explained is not None:
            missing += 1
            print("    = NOT EXPLAINED")
    idle = [pattern for pattern, _ in explained or [] if pattern not in used]
    for pattern in idle:
        print(f"{pattern}\n    = explained, but not found")
    print(f"{len(report.rows)} differences" + ("" if explained is None else
          f", {missing} not explained, {len(idle)} explanations in vain"))
    return not missing and not idle


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/blueroom")
    parser.add_argument("--explained", type=pathlib.Path)
    parser.add_argument("--names", default="theirs,ours")
    parser.add_argument("theirs", type=pathlib.Path)
    parser.add_argument("ours", type=pathlib.Path)
    args = parser.parse_args()
    try:
        folders = [Folder(args.program, top) for top in (args.theirs, args.ours)]
        explained = explanations(args.explained) if args.explained else None
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"compare_hci.py: {error}", file=sys.stderr)
        return 2
    for top, folder in zip((args.theirs, args.ours), folders):
        if not folder.traces:
            print(f"compare_hci.py: {top}: no btsnoop files", file=sys.stderr)
            return 2
    return 0 if tell(compare(*folders), explained, args.names.split(",")) else 1


if __name__ == "__main__":
    sys.exit(main())
