"""The staleness checker against closed forms of probabilistically bounded staleness (measurement reference, 4.3).

A store with N replicas, W of them written at once and R of them read, is played on integers: each write goes to random
replicas, each read returns the newest version among those that it asks. How stale reads are is then known exactly. (The
reference's figure for monotonic reads at equal rates is that of k = 2.)
"""

from math import comb, exp
from random import Random

import numpy as np
import pytest

from consistency.analysis.checkers.freshness import count_missed, measure_freshness
from consistency.analysis.checkers.registers import gather_registers
from consistency.history import Column
from tests.analysis.checkers.notation import Op, build_history

READS = 4000
SIGMAS = 4  # of a binomial share: 1 in 16,000 for each assertion, and the seed is fixed


def play_quorum(replicas: int, write: int, read: int, random: Random) -> Column:
    """How many versions each read is behind, as the checker counts them; 20 writes and 20 reads for each item."""
    ops, at = [], 0
    for item in range(READS // 20):
        held = [0] * replicas
        for revision in range(1, 21):
            for replica in random.sample(range(replicas), write):
                held[replica] = revision
            seen = max(held[replica] for replica in random.sample(range(replicas), read))
            ops.append(Op("w", "W" if revision == 1 else "U", revision, f"i{item}", at, at + 1))
            ops.append(Op("r", "R", seen, f"i{item}", at + 2, at + 3))
            at += 4
    registers = gather_registers(build_history(ops))
    missed = np.zeros(len(registers.reads), np.int64)
    known = np.flatnonzero(registers.source >= 0)
    missed[known] = count_missed(registers, known)
    return missed[registers.reads.start_ns % 80 > 40]  # the first reads of an item cannot be far behind


def stale_share(replicas: int, write: int, read: int) -> float:
    """p_s = C(N-W, R) / C(N, R): no replica that is read has the newest version."""
    return comb(replicas - write, read) / comb(replicas, read)


@pytest.mark.slow
class TestVersions:
    @pytest.mark.parametrize(
        ("replicas", "write", "read", "printed"),
        [(3, 1, 1, 2 / 3), (3, 2, 1, 1 / 3), (3, 1, 2, 1 / 3), (2, 1, 1, 0.5), (5, 2, 2, 0.3)],
    )
    @pytest.mark.parametrize("k", [1, 2, 3])
    def test_share_behind_by_k(self, replicas: int, write: int, read: int, printed: float, k: int) -> None:
        """p_sk = p_s to the power k: a read misses the last k versions."""
        share = stale_share(replicas, write, read)
        assert share == pytest.approx(printed)
        missed = play_quorum(replicas, write, read, Random(f"{replicas}{write}{read}"))
        expected = share**k
        error = (expected * (1 - expected) / len(missed)) ** 0.5
        assert float((missed >= k).mean()) == pytest.approx(expected, abs=SIGMAS * error)

    def test_a_large_quorum(self) -> None:
        """N = 100, R = W = 30: p_s = 1.884e-6 (printed 1.88e-6), so none of 2,000 reads is stale."""
        assert stale_share(100, 30, 30) == pytest.approx(1.884e-6, rel=1e-3)
        assert not play_quorum(100, 30, 30, Random(1)).any()

    @pytest.mark.parametrize(
        ("replicas", "write", "read", "printed"),
        [
            (3, 1, 1, {2: 0.5556, 3: 0.7037, 5: 0.8683, 10: 0.9827}),
            (3, 2, 1, {1: 0.6667, 2: 0.8889, 5: 0.9959}),
            (3, 1, 2, {1: 0.6667, 2: 0.8889, 5: 0.9959}),
            (2, 1, 1, {1: 0.5, 2: 0.75}),
        ],
    )
    def test_the_printed_shares_within_k(self, replicas: int, write: int, read: int, printed: dict[int, float]) -> None:
        """Every figure of the reference's table of vectors, from what the checker counts."""
        missed = play_quorum(replicas, write, read, Random(f"{replicas}{write}{read}"))
        for k, share in printed.items():
            error = (share * (1 - share) / len(missed)) ** 0.5
            assert float((missed < k).mean()) == pytest.approx(share, abs=SIGMAS * error)


@pytest.mark.slow
class TestTime:
    @pytest.mark.parametrize(("age", "printed"), [(0.5, 0.4044), (1.0, 0.2453), (2.0, 0.0902)])
    def test_share_stale_after_a_time(self, age: float, printed: float) -> None:
        """N = 3, R = W = 1, the other two replicas exponential with rate 1: p_st = (2/3) e^-t; and the age that the
        checker measures is the time since the write had ended."""
        random, unit = Random(17), 1_000_000
        ops = []
        for item in range(READS):
            at, ready = item * 100 * unit, [0.0, random.expovariate(1), random.expovariate(1)]
            seen = int(random.choice(ready) <= age)
            ops.append(Op("w", "W", 1, f"i{item}", at, at + 1))
            start = at + 1 + round(age * unit)
            ops.append(Op("r", "R", seen, f"i{item}", start, start + 1))
        freshness = measure_freshness(gather_registers(build_history(ops)))
        expected = 2 / 3 * exp(-age)
        assert expected == pytest.approx(printed, abs=0.0002)
        error = (expected * (1 - expected) / READS) ** 0.5
        assert float(freshness.stale.mean()) == pytest.approx(expected, abs=SIGMAS * error)
        assert set(freshness.behind_ns[freshness.stale].tolist()) == {round(age * unit)}
