"""Curve: the share of entities visible against time since acknowledgement, as a band.

Visibilities come in, two step curves go out: the share that was surely visible at a time (its interval had ended), and
the share that may have been (its interval had begun). The truth runs between them. An entity that was never seen may
have become visible just after its last miss, so it joins the second curve there, and never the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from consistency.analysis.judgement import Visibility
from consistency.history import Column

Steps = tuple[tuple[int, float], ...]  # (ns since acknowledgement, share from there on)


@dataclass(frozen=True, slots=True)
class Band:
    """Both curves: the share is that of the last step at or before a time, and 0 before the first."""

    surely: Steps
    possibly: Steps


def trace_band(visibilities: Sequence[Visibility], steps_max: int = 200) -> Band:
    """The band of first-visible, each curve in at most `steps_max` steps (two drawn vertices each).

    Thinning only ever widens the band: a step of the sure curve moves later, one of the possible curve earlier.
    """
    n = len(visibilities)
    upper_ns = np.sort(np.array([v.upper_ns for v in visibilities if v.upper_ns is not None], np.int64))
    lower_ns = np.sort(np.array([v.lower_ns for v in visibilities], np.int64))
    return Band(
        surely=_trace(upper_ns, n, steps_max, latest=True), possibly=_trace(lower_ns, n, steps_max, latest=False)
    )


def _trace(ends_ns: Column, n: int, steps_max: int, *, latest: bool) -> Steps:
    times_ns, counts = np.unique(ends_ns, return_counts=True)
    reached = np.cumsum(counts)
    edges = np.linspace(0, len(times_ns), min(len(times_ns), steps_max) + 1).astype(np.int64)
    first, last = edges[:-1], edges[1:] - 1
    kept_ns = times_ns[last if latest else first]
    return tuple(zip(kept_ns.tolist(), (reached[last] / n).tolist(), strict=True))
