"""Trials of a quorum by the million: what latencies and waits follow from the delays of its messages.

A name of LATENCIES comes in, a Trials goes out. Each delay is drawn by the function from which the emulator's model
draws, but from numbers that lie evenly (`Even`) instead of by chance; such a pool is dealt anew, in numpy, to each
message and replica. So each message has its whole distribution in every round, tails too, and 99.9th percentiles need
a tenth of the draws. Replicas are alike, so each write meets reads with the replicas turned round: that takes away
most of the noise of which replica it is that replies first.

Per trial t* is kept, the least wait after which the read is fresh (measurement reference, 4.3): P(fresh at t) is the
share of t* up to t, and t-visibility its 99.9 % quantile, exactly.
"""

from functools import cache
from random import Random
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.published import PAIRS, Pair
from consistency.delays import parse_delay
from consistency.wars import FAR_NS, LATENCIES

REPLICAS = 3
MS = 1_000_000
Times = NDArray[np.float64]
Key = TypeVar("Key", int, Pair)


class Trials(NamedTuple):
    """Per R the read latencies, per W the write latencies, per pair t*; all in ms."""

    reads: dict[int, Times]
    writes: dict[int, Times]
    fresh: dict[Pair, Times]


class Even(Random):
    """Two numbers in turn, for `count` draws: i / count, and the golden section's multiples, even in any stretch of i.

    A mixture takes the first to choose its part, and the second for the part's delay.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._count, self._turn = count, -1

    def random(self) -> float:
        """The next number from 0 to 1."""
        self._turn += 1
        place, second = divmod(self._turn, 2)
        return (place * 0.6180339887498949 + 0.5) % 1 if second else (place + 0.5) / self._count


def draw_trials(name: str, pool: int, rounds: int, seed: int = 1) -> Trials:
    """`rounds` times `pool` writes, each with as many reads as there are replicas."""
    write, other = (draw_pool(text, pool) for text in LATENCIES[name])
    far_ms, deal = FAR_NS.get(name, 0) / MS, np.random.default_rng(seed)
    drawn = [draw_round(write, other, far_ms, deal) for _ in range(rounds)]
    return Trials(
        join([one.reads for one in drawn]), join([one.writes for one in drawn]), join([one.fresh for one in drawn])
    )


def join(parts: list[dict[Key, Times]]) -> dict[Key, Times]:
    """The rounds as one."""
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


@cache
def draw_pool(text: str, count: int) -> Times:
    """So many draws of a delay, in ms."""
    draw_ns, even = parse_delay(text).draw_ns, Even(count)
    return np.fromiter((draw_ns(even) for _ in range(count)), np.float64, count) / MS


def draw_round(write: Times, other: Times, far_ms: float, deal: np.random.Generator) -> Trials:
    """W and A, then R and S of each replica, and what follows."""
    w, acknowledged = deal_ways(write, other, far_ms, deal)
    r, replied = deal_ways(other, other, far_ms, deal)
    order = np.argsort(replied, axis=1)
    replied, r = (np.take_along_axis(times, order, axis=1) for times in (replied, r))
    acknowledged.sort(axis=1)
    met = (np.take_along_axis(np.roll(w, turn, axis=1), order, axis=1) for turn in range(REPLICAS))
    behind = [np.minimum.accumulate(arrived - r, axis=1) for arrived in met]
    return Trials(
        {count: replied[:, count - 1] for count in (1, 2, 3)},
        {count: acknowledged[:, count - 1] for count in (1, 2, 3)},
        {(r, w): np.concatenate([least[:, r - 1] - acknowledged[:, w - 1] for least in behind]) for r, w in PAIRS},
    )


def deal_ways(there: Times, back: Times, far_ms: float, deal: np.random.Generator) -> tuple[Times, Times]:
    """Of each trial and replica: the way there, and both ways; all replicas but the first are farther, by `far_ms`.

    The first will do: replicas are alike, and reads meet a write with the replicas turned round.
    """
    far = far_ms * (np.arange(REPLICAS) > 0)
    there_ms, back_ms = (
        np.stack([deal.permutation(pool) for _ in range(REPLICAS)], axis=1) + far for pool in (there, back)
    )
    return there_ms, there_ms + back_ms
