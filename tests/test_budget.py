"""What a plan takes: the published table of calls and dollars, the most attempts, and prices that cannot be read."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.budget import BYTES_PER_CALL, Budget, Calls, count_attempts_max, draw_up_budget, draw_up_reading
from consistency.durations import parse_duration_ns
from consistency.errors import UsageError
from consistency.operation import Action
from consistency.plan import Plan
from consistency.prices import load_prices, reckon_cost
from consistency.probing import Probe
from consistency.schedule import Train
from consistency.workload import Workload

PROBES = {Action.GLOBAL_QUERY, Action.KEY_GET, Action.ANCESTOR_QUERY}


def budget_of(entities: int, probe: Probe, *, isolated: bool = True) -> Budget:
    return draw_up_budget(Plan(entities=entities, probes=dict.fromkeys(PROBES, probe), probe_isolation=isolated))


class TestCalls:
    @pytest.mark.parametrize(("entities", "dollars"), [(60, 0.0003), (299, 0.0013), (2995, 0.013), (29956, 0.13)])
    def test_a_typical_entity(self, entities: int, dollars: float) -> None:
        """Four reads and a delete for each write cost what the published table says."""
        plan = Plan(entities=entities, probes={Action.GLOBAL_QUERY: Probe()})
        calls = draw_up_budget(plan).typical.calls
        assert calls == Calls(entities, 4 * entities, entities)
        assert reckon_cost(calls, load_prices()).dollars == pytest.approx(dollars, rel=0.13)

    @pytest.mark.parametrize(("entities", "dollars", "days"), [(60, 0.03, 1.1), (299, 0.16, 5.4), (2995, 1.62, 54)])
    def test_the_worst(self, entities: int, dollars: float, days: float) -> None:
        """Three probes that poll every 100 ms for 30 s: 300 reads each and the first, as in the published table."""
        worst = budget_of(entities, Probe(interval="100ms", confirm=0), isolated=False).worst
        assert worst.calls.reads == 3 * 301 * entities
        cost = reckon_cost(Calls(0, worst.calls.reads, 0), load_prices())
        assert cost.dollars == pytest.approx(dollars, rel=0.1)
        assert cost.free_days == pytest.approx(days, rel=0.03)

    def test_streams(self) -> None:
        """Isolation writes an entity for each probe; readers multiply reads alone; kept entities are not deleted."""
        assert budget_of(10, Probe()).typical.calls == Calls(30, 120, 30)
        plan = Plan(entities=10, readers=3, probes={Action.KEY_GET: Probe()})
        assert draw_up_budget(plan, cleaned=False).typical.calls == Calls(10, 120, 0)

    @pytest.mark.parametrize(
        ("workload", "writes", "deletes"),
        [(Workload.CREATE, 1, 1), (Workload.UPDATE, 2, 1), (Workload.DELETE, 1, 1), (Workload.RECREATE, 2, 2)],
    )
    def test_lifecycles(self, workload: Workload, writes: int, deletes: int) -> None:
        """Each change of an entity is a write or a delete; what the workload deletes last needs no cleaning."""
        plan = Plan(entities=10, workload=workload, probes={Action.KEY_GET: Probe()})
        assert draw_up_budget(plan).typical.calls == Calls(10 * writes, 40, 10 * deletes)

    def test_the_interference_arm(self) -> None:
        """It writes one more stream, which all probes look for."""
        probes = {Action.KEY_GET: Probe(), Action.GLOBAL_QUERY: Probe()}
        plan = Plan(entities=10, interference=True, probes=probes)
        assert draw_up_budget(plan).typical.calls == Calls(30, 160, 30)

    def test_transactions(self) -> None:
        """Each of them touches all keys at most."""
        plan = Plan(entities=10, writers=2, keys=5, workload=Workload.BANK)
        assert draw_up_budget(plan).worst.calls == Calls(100, 100, 5)

    def test_a_reader_without_a_channel(self) -> None:
        """Five polls of the 200 ms before the write, one behind it, one confirmation; and the time, every two seconds
        of the 10 s of writing and the 4 s of searching."""
        plan = Plan(entities=10, deadline="3s", probes={Action.KEY_GET: Probe(interval="50ms", confirm=1)})
        budget = draw_up_reading(plan, 200 * 10**6, 10**9, 2 * 10**9)
        assert budget.typical.calls == Calls(0, 10 * (5 + 1 + 1) + 8, 0)
        assert budget.worst.calls == Calls(0, 10 * (81 + 1) + 8, 0)

    def test_time_and_bytes(self) -> None:
        """60 entities at one a second take a minute, the confirmations a second, the worst search its deadline."""
        budget = draw_up_budget(Plan(entities=60, deadline="30s", probes={Action.KEY_GET: Probe()}), cleaned=False)
        assert (budget.typical.duration_s, budget.worst.duration_s) == (61, 91)
        assert budget.typical.disk_bytes == BYTES_PER_CALL * 60 * 5


class TestAttempts:
    def test_backoff(self) -> None:
        """Growing by 1.5 up to a second cuts 300 polls to about 43, as published."""
        probe = Probe(interval="100ms", backoff=1.5, confirm=0)
        assert count_attempts_max(probe, parse_duration_ns("30s")) == pytest.approx(43, abs=1)

    @settings(max_examples=50, deadline=None)
    @given(st.integers(0, 2**31), st.integers(1, 400), st.booleans(), st.sampled_from([1.0, 1.3]))
    def test_no_search_makes_more(self, seed: int, deadline_ms: int, dither: bool, backoff: float) -> None:
        """Whatever the phase, the attempts that are due until the deadline are not more, and for some they are as
        many."""
        probe = Probe(interval="20ms", dither=dither, backoff=backoff, backoff_after="50ms", confirm=0)
        most, deadline_ns = count_attempts_max(probe, deadline_ms * 10**6), deadline_ms * 10**6
        made = 0
        for offset_ns in Train.of(probe).attempt_offsets_ns(Random(seed)):
            if offset_ns > deadline_ns:
                break
            made += 1
        assert most - 1 - (backoff > 1) <= made <= most


class TestPrices:
    def test_dated(self) -> None:
        """The package's own list says of when it is."""
        assert load_prices().dated.startswith("20")

    @pytest.mark.parametrize("text", ["dated =", 'dated = "2026-01-01"', "\ud800"])
    def test_refused(self, text: str, tmp_path: Path) -> None:
        """A file that is no list of prices is a mistake of usage, and the message says what to copy."""
        path = tmp_path / "prices.toml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with pytest.raises(UsageError, match=r"Copy .*prices\.toml"):
            load_prices(path)
