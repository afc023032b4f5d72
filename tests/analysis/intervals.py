"""Intervals for tests of the estimates: written by hand, drawn by Hypothesis, simulated; and EM at its plainest."""

import numpy as np
from hypothesis import strategies as st

from consistency.analysis.ranges import Reals
from consistency.history import NEVER, Column

UNIT_NS = 1_000_000
Interval = tuple[float, float | None]


def columns_of(intervals: list[Interval]) -> tuple[Column, Column]:
    """The ends in ns; None is NEVER."""
    lower_ns = [round(lower * UNIT_NS) for lower, _ in intervals]
    upper_ns = [NEVER if upper is None else round(upper * UNIT_NS) for _, upper in intervals]
    return np.array(lower_ns, np.int64), np.array(upper_ns, np.int64)


def parse_intervals(text: str) -> list[Interval]:
    """ "0-5 15+" is (0, 5] and (15, never]."""
    return [
        (float(word[:-1]), None) if word.endswith("+") else (float(word.split("-")[0]), float(word.split("-")[1]))
        for word in text.split()
    ]


@st.composite
def small_intervals(draw: st.DrawFn) -> list[Interval]:
    """Up to 12 intervals between 0 and 9, a few of them exact or open."""
    ends = st.tuples(st.integers(0, 6), st.none() | st.integers(0, 3))
    drawn = draw(st.lists(ends, min_size=1, max_size=12))
    return [(lower, None if width is None else lower + width) for lower, width in drawn]


def maximize_by_em(intervals: list[Interval], steps: int = 3_000) -> float:
    """The log-likelihood after plain EM on every half unit from 0 to 10: halves stand for what lies between units."""
    values = np.arange(0, 10.5, 0.5)
    covers = np.array([[_holds(interval, value) for value in values] for interval in intervals], float)
    masses = np.full(len(values), 1 / len(values))
    for _ in range(steps):
        masses *= (covers / (covers @ masses)[:, None]).mean(axis=0)
    return float(np.log(covers @ masses).sum())


def _holds(interval: Interval, value: float) -> bool:
    lower, upper = interval
    end = np.inf if upper is None else upper
    return lower == value == end or lower < value <= end or (lower == 0 == value)


def poll(random: np.random.Generator, truth_ns: Reals, period_ns: float) -> tuple[Column, Column]:
    """The interval of each truth when it is looked for at once, and from a random phase on every `period_ns`.

    looked for   0      phase      phase + period      phase + 2 periods
                 |--------|--------------|----*--------------|
                                        lower truth        upper
    """
    phase_ns = random.uniform(0, period_ns, len(truth_ns))
    looks = np.ceil((truth_ns - phase_ns) / period_ns)
    upper_ns = np.ceil(phase_ns + looks * period_ns)
    lower_ns = np.where(looks <= 0, 0, np.floor(upper_ns - period_ns))
    return lower_ns.astype(np.int64), upper_ns.astype(np.int64)
