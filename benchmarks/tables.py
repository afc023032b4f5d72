"""What a benchmark says: a table of figures, each beside its goal, and the machine that they were taken on.

Rows come in, with one figure for each round; aligned text goes out. A ratio is taken within each round and the median
of those is shown, because the two halves of one round saw the same load from the machine's other users.
"""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from statistics import median

PACKAGES = ("google-cloud-datastore", "grpcio", "protobuf", "msgspec", "numpy")
HEADINGS = ("", "n", "rounds", "median", "spread", "ratio", "goal", "")


class Of(StrEnum):
    """Which of a row's values a goal is about."""

    MEDIAN = "median"
    RATIO = "ratio"
    WORST = "worst"


@dataclass(frozen=True, slots=True)
class Goal:
    """At most `limit`, or less than it where it is `strict`; in the row's unit, or a plain number for a ratio."""

    limit: float
    of: Of = Of.MEDIAN
    strict: bool = False

    def met_by(self, value: float) -> bool:
        """Whether `value` reaches the goal."""
        return value < self.limit if self.strict else value <= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured: `n` times in each round, and one figure for each round.

    `rival`: the figures of what it is compared with, round by round.
    """

    name: str
    n: int
    figures: Sequence[float]
    unit: str
    rival: Sequence[float] = ()
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        """The median over the rounds of figure / rival's figure; None without a rival."""
        if not self.rival:
            return None
        return median(own / other for own, other in zip(self.figures, self.rival, strict=True))

    @property
    def judged(self) -> float | None:
        """The value that the goal is about."""
        if self.goal is None:
            return None
        values = {Of.MEDIAN: median(self.figures), Of.WORST: max(self.figures, key=abs), Of.RATIO: self.ratio}
        return values[self.goal.of]

    def cells(self) -> tuple[str, ...]:
        """The row's words, one for each of HEADINGS."""
        spread = f"{show(min(self.figures))} - {show(max(self.figures))}" if len(self.figures) > 1 else ""
        ratio = "" if self.ratio is None else f"{show(self.ratio)}x"
        figure = f"{show(median(self.figures))} {self.unit}".rstrip()
        return (self.name, f"{self.n:,}", str(len(self.figures)), figure, spread, ratio, *self._say_goal())

    def _say_goal(self) -> tuple[str, str]:
        if self.goal is None or self.judged is None:
            return "", ""
        unit = "x" if self.goal.of is Of.RATIO else f" {self.unit}".rstrip()
        words = f"{'<' if self.goal.strict else '≤'} {show(self.goal.limit)}{unit}"
        return words, say_met(met=self.goal.met_by(self.judged))


@dataclass(frozen=True, slots=True)
class Table:
    """What is printed of one benchmark: `lines` of words under `headings`, then the notes."""

    title: str
    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, title: str, rows: Sequence[Row], *notes: str) -> "Table":
        """The table of `rows`."""
        return cls(title, HEADINGS, tuple(row.cells() for row in rows), notes)

    def render(self) -> str:
        """Aligned text: the first column to the left, all others to the right."""
        grid = [self.headings, *self.lines]
        widths = [max(len(line[place]) for line in grid) for place in range(len(self.headings))]
        text = ["  ".join(_align(word, widths, place) for place, word in enumerate(line)).rstrip() for line in grid]
        rule = "-" * len(max(text, key=len))
        return "\n".join([self.title, rule, *text, *self.notes])


def _align(word: str, widths: Sequence[int], place: int) -> str:
    return word.rjust(widths[place]) if place else word.ljust(widths[0])


def say_met(*, met: bool) -> str:
    """The word for a goal that was reached, or was not."""
    return "met" if met else "MISSED"


def show(value: float) -> str:
    """Three digits; whole numbers with separators from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1_000 or value == int(value) else f"{value:.3g}"


def describe_machine() -> str:
    """Cores, processor, load and versions, in two lines."""
    cores = len(os.sched_getaffinity(0))
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    system = f"{platform.system()} {platform.release()}"
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{cores} cores of {_processor()}, {system}, load {load}\n"
        f"{platform.python_implementation()} {platform.python_version()}, {versions}"
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
