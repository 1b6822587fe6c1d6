"""Prints the table at the end of a run, and writes it as JSON."""
import json
import time

from .machine import BUILD, Tally


class Row:
    """One measure: our value, a ceiling and a target. `target` is the max value of `compared`, or the min value if
    `at_least` is set. It is None if there is no target. `compared` defaults to the ratio to the ceiling, or to our value
    if there is no ceiling."""

    def __init__(self, what, ours, unit, ceiling=None, compared=None, target=None, at_least=False, digits=1):
        self.what, self.ours, self.unit, self.ceiling = what, ours, unit, ceiling
        self.ratio = ours / ceiling if ceiling else None
        self.compared = self.ratio if compared is None and ceiling else (ours if compared is None else compared)
        self.target, self.at_least, self.digits = target, at_least, digits

    @property
    def met(self):
        if self.target is None:
            return None
        return self.compared >= self.target if self.at_least else self.compared <= self.target

    def cells(self):
        number = "%%.%df" % self.digits
        is_ratio = self.ceiling is not None
        target = "" if self.target is None else "%s %g%s" % (
            ">=" if self.at_least else "<=", self.target, "x" if is_ratio else " " + self.unit)
        return [self.what, (number % self.ours) + " " + self.unit,
                (number % self.ceiling) + " " + self.unit if is_ratio else "",
                "%.2fx" % self.ratio if is_ratio else "", target,
                {None: "", True: "met", False: "NOT MET"}[self.met]]

    def as_json(self):
        return {"what": self.what, "ours": self.ours, "unit": self.unit, "ceiling": self.ceiling,
                "ratio": self.ratio, "target": self.target, "met": self.met}


def show(rows, sizes):
    lines = [["what", "ours", "ceiling", "ratio", "target", ""]] + [row.cells() for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    print()
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    print()
    if Tally.repeated:
        print("%d runs were repeated because more than 4 %% of the time was stolen." % Tally.repeated)
    for disturbed in Tally.disturbed:
        print("noisy: " + disturbed)
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "results.json").write_text(json.dumps({
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "sizes": sizes._asdict(),
        "rows": [row.as_json() for row in rows], "repeated": Tally.repeated,
        "noisy": Tally.disturbed, "runs": Tally.runs}, indent=1) + "\n")
    print("as JSON: build/bench/results.json")
