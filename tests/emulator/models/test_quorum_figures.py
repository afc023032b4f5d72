"""The single figures of quorums that are published beside the table (measurement reference, 8.3), one by one.

Medians and shares that were printed and recomputed there; three replicas by trials in numpy, other numbers of them by
the emulator's own model. The table itself is test_published_quorums'.
"""

import numpy as np
import pytest
from scipy import stats

from benchmarks.trials import MS, draw_round, draw_trials
from consistency.delays import parse_delay
from consistency.emulator.models import open_model
from consistency.emulator.settings import Settings
from consistency.wars import open_chance
from tests.emulator.models.test_published_quorums import CHANCE, step

POOL, ROUNDS = 50_000, 4
DRAWS = 200_000
STEPS = 2_000
DISK = "LNKD-DISK"


@pytest.mark.slow
class TestLatencies:
    def test_medians(self) -> None:
        """Of an operation on solid-state disks 0.489 ms, of a write on disks 1.505 ms."""
        reads, writes = draw_trials("LNKD-SSD", POOL, 1).reads[1], draw_trials(DISK, POOL, 1).writes[1]
        assert float(np.median(reads)) == pytest.approx(0.489, rel=0.02)
        assert float(np.median(writes)) == pytest.approx(1.505, rel=0.02)

    def test_the_tail_of_a_write(self) -> None:
        """On disks 10.90 ms at the 99.9th percentile."""
        assert float(np.quantile(draw_trials(DISK, POOL, ROUNDS).writes[1], 0.999)) == pytest.approx(10.90, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mean", "at_once", "t_ms"),
    [("250us", 0.943, 1.01), ("10ms", 0.419, 63.5)],
    ids=["W rate 4", "W rate 0.1"],
)
def test_exponential_delays(mean: str, at_once: float, t_ms: float) -> None:
    """A, R and S of rate 1, three replicas, R = W = 1: what is fresh at once, and when 99.9 % are."""
    chance = open_chance("exponential")
    write, other = (parse_delay(f"exponential:{each}").draw_many_ns(chance, DRAWS) / MS for each in (mean, "1ms"))
    fresh = draw_round(write, other, 0, np.random.default_rng(1)).fresh[1, 1]
    assert float((fresh <= 0).mean()) == pytest.approx(at_once, abs=0.005)
    assert float(np.quantile(fresh, 0.999)) == pytest.approx(t_ms, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replicas", "wait_ms", "share"),
    [(2, 0, 0.576), (10, 0, 0.210), (2, 50.6, 0.999), (10, 52.9, 0.999)],
)
def test_other_numbers_of_replicas(replicas: int, wait_ms: float, share: float) -> None:
    """Disks, R = W = 1: at once 57.6 % of reads are fresh with two replicas and 21.0 % with ten; 99.9 % after t."""
    settings = Settings("quorum", latencies=DISK, replicas=replicas, read_quorum=1, write_quorum=1, seed=3)
    model = open_model(settings)
    fresh = sum(step(model, wait_ms)[2] for _ in range(STEPS))
    assert stats.binomtest(fresh, STEPS, share).pvalue > CHANCE
