"""How long a million operations take through all checkers, how that grows, and whether the checkers are right.

Histories of three shapes come in, processor seconds and memory of a fresh process go out; then every checker is
compared with its definition on 10,000 random small histories. Seconds are the processor's and not the clock's, because
the checkers use one core and other programs may use it too; the wall's stand beside.
"""

import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np

from benchmarks.large_histories import SHAPES, Shape, build
from benchmarks.rounds import FULL, Size, ask_child
from benchmarks.tables import Goal, Of, Row, Table
from consistency.analysis.checkers import CHECKERS
from tests.analysis.checkers.comparing import COMPARISONS

CALLS = (200, 400, 600, 800, 1_000)  # of which orders are searched for
ORDERS = ("sequential", "causal")
OPERATIONS = (10_000, 31_623, 100_000, 316_228, 1_000_000)
HISTORIES = 10_000
SEED = 5
SECONDS_MAX, GB_MAX = 10.0, 2.0
CHILD = "benchmarks.checkers"


def measure(size: Size = FULL) -> Table:
    """Seconds, memory and exponent of each shape, and the mismatches of each comparison."""
    rows = [row for number in range(len(SHAPES)) for row in _measure_shape(number, size)]
    rows += [row for name in ORDERS for row in _measure_orders(name)]
    rows += _compare(size)
    notes = (
        f"All {len(CHECKERS)} checkers of analysis/checkers, one after the other, reading not included; one core.",
        "Exponent: of seconds against operations from 10^4 to 10^6, by least squares of the logarithms; 1 is linear.",
        "Orders of all calls (sequential, causal) are searched for up to 1,000 calls, so here they cannot tell.",
        "Their own seconds and exponent are of 200 to 1,000 calls that have an order.",
    )
    return Table.of("checkers: a million operations, and against definitions", rows, *notes)


def _measure_shape(number: int, size: Size) -> list[Row]:
    shape, largest = SHAPES[number], OPERATIONS[-1]
    found = [[ask_child(CHILD, number, operations) for operations in OPERATIONS] for _ in range(_rounds(size))]
    seconds = [run[-1]["seconds"] for run in found]
    exponents = [_fit([one["seconds"] for one in run]) for run in found]
    return [
        Row(shape.name, largest, seconds, "s", goal=Goal(SECONDS_MAX, Of.WORST)),
        Row("  by the wall", largest, [run[-1]["wall"] for run in found], "s"),
        Row("  its memory at most", largest, [run[-1]["gb"] for run in found], "GB", goal=Goal(GB_MAX, Of.WORST)),
        Row("  its exponent", largest, exponents, ""),
    ]


def _measure_orders(name: str) -> list[Row]:
    """Seconds and exponent of a search for an order of all calls, of histories that have one."""
    seconds = []
    for calls in CALLS:
        history = build(replace(SHAPES[0], stale=0, lost=0), calls)
        begun = time.process_time()
        CHECKERS[name](history, 0)
        seconds.append(time.process_time() - begun)
    exponent = _fit(seconds, CALLS)
    return [Row(name, CALLS[-1], [seconds[-1]], "s"), Row("  its exponent", CALLS[-1], [exponent], "")]


def _rounds(size: Size) -> int:
    return max(1, size.of(3))


def _fit(seconds: Sequence[float], operations: Sequence[int] = OPERATIONS) -> float:
    """The slope of log seconds against log operations."""
    slope, _ = np.polyfit([log(n) for n in operations], [log(one) for one in seconds], 1)
    return float(slope)


def _compare(size: Size) -> list[Row]:
    count = size.of(HISTORIES)
    return [
        Row(f"differs: {name}", count, [float(len(compare(SEED, count)))], "histories", goal=Goal(0))
        for name, compare in COMPARISONS.items()
    ]


def judge(shape: Shape, operations: int) -> dict[str, float]:
    """Processor seconds of all checkers on one history, and the most memory that this process ever had."""
    history = build(shape, operations)
    begun, begun_wall = time.process_time(), time.perf_counter()
    for check in CHECKERS.values():
        check(history, 0)
    seconds, wall = time.process_time() - begun, time.perf_counter() - begun_wall
    return {"seconds": seconds, "wall": wall, "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}


if __name__ == "__main__":
    print(json.dumps(judge(SHAPES[int(sys.argv[1])], int(sys.argv[2]))))
