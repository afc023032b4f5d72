"""Percentiles: distributions as HdrHistogram's tools plot them (hgrm).

Durations come in, text goes out: a value (ms), the share of values up to it, how many these are, and 1/(1 - share). A
value that is not known, because the entity was never seen, counts in the total and has no line: the file ends at the
last share that is known.
"""

from collections.abc import Sequence
from typing import Final

NS_PER_MS: Final = 1_000_000
HALVINGS_MAX: Final = 40
STEPS_PER_HALF: Final = 5


def write_percentiles(durations_ns: Sequence[int | None]) -> str:
    """The table of `durations_ns`; None is one that is longer than anybody looked."""
    known, total = sorted(duration for duration in durations_ns if duration is not None), len(durations_ns)
    lines = [f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}", ""]
    written = 0
    for share in _shares():
        count = max(1, -(-share[0] * total // share[1]))  # the ceiling, in integers
        if count > len(known) or written == total:
            break
        if count > written:
            written = count
            lines.append(_write_line(known[count - 1], count, total))
    return "\n".join([*lines, _summarize(known, total)]) + "\n"


def _shares() -> list[tuple[int, int]]:
    """0, and then five steps in each half of what is left, as HdrHistogram's writers take; and all."""
    shares = [
        ((2 ** (half + 1) - 2) * STEPS_PER_HALF + step, 2 ** (half + 1) * STEPS_PER_HALF)
        for half in range(HALVINGS_MAX)
        for step in range(STEPS_PER_HALF)
    ]
    return [*shares, (1, 1)]


def _write_line(duration_ns: int, count: int, total: int) -> str:
    value, share = f"{duration_ns / NS_PER_MS:12.3f}", f"{count / total:14.12f}"
    return f"{value} {share} {count:10d}" + (f" {total / (total - count):14.2f}" if count < total else "")


def _summarize(known: Sequence[int], total: int) -> str:
    highest = f"{known[-1] / NS_PER_MS:12.3f}" if known else "-"
    return f"#[Max = {highest}, Total count = {total:12d}]"
