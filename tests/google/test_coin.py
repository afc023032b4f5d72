"""Google's legacy emulator, measured by our own run: its coin, and what disturbs it."""

from collections import Counter
from pathlib import Path

import pytest
from scipy import stats

from consistency import clock, flow
from consistency.backends.connecting import connect
from consistency.backends.google import set_coin
from consistency.operation import Action, Item
from consistency.plan import Plan
from consistency.store import Store

pytestmark = [pytest.mark.google, pytest.mark.slow]
ENTITIES = 120


def plan_at(address: str, **settings: object) -> Plan:
    """One global query at a time: on this store every read gives all pending writes another toss."""
    probe = {"interval": "4ms", "dither": False, "max_open": 1, "confirm": 0}
    tree = {
        "entities": ENTITIES,
        "rate": "12/s",
        "seed": 3,
        "target": {"backend": "attached", "host": address, "project": "tests"},
        "probes": {"global_query": probe},
    }
    return Plan.model_validate(tree | settings)


def count_retries(plan: Plan, out: Path) -> Counter[int]:
    """retries -> entities, of those entities of one run that no older entity's query could have helped.

    write 1 ---- query miss ---- query hit          write 2 ---- ...      entity 2 counts: nobody asked while it waited
    write 1 ---- query miss ---- write 2 -- query hit                     it does not: that query gave it a toss too
    """
    order = flow.prepare(plan, "coin", out, None)
    (summary,) = flow.judge_run(flow.measure(order, "coin", None).archive).judgement.actions
    searches = sorted(summary.visibilities, key=lambda visibility: visibility.written_ns)
    hits = [search.acknowledged_ns + search.upper_ns for search in searches if search.upper_ns is not None]
    assert len(hits) == summary.n == ENTITIES
    alone = [k == 0 or max(hits[:k]) < searches[k].written_ns for k in range(ENTITIES)]
    return Counter(search.retries for search, counts in zip(searches, alone, strict=True) if counts)


class TestCoin:
    def test_retries_follow_the_geometric_law(self, google_address: str, tmp_path: Path) -> None:
        """With one probe and one open series, each attempt sees the entity with the share that was set."""
        share = 0.5
        set_coin(google_address, share, seed=11)
        retries = count_retries(plan_at(google_address), tmp_path)
        n = retries.total()
        cells = [retries[k] for k in range(3)] + [sum(count for k, count in retries.items() if k >= 3)]
        expected = [n * share * (1 - share) ** k for k in range(3)] + [n * (1 - share) ** 3]
        assert n >= ENTITIES // 3, "the machine was too slow: too few entities were searched for alone"
        assert stats.chisquare(cells, expected).pvalue > 0.001, (cells, expected)

    def test_another_share_does_not_fit(self, google_address: str, tmp_path: Path) -> None:
        """The same comparison rejects a coin that was set to another share, so it can fail."""
        set_coin(google_address, 0.8, seed=11)
        retries = count_retries(plan_at(google_address), tmp_path)
        assert stats.binomtest(retries[0], retries.total(), 0.5).pvalue < 0.001


class TestInterference:
    def test_a_strong_get_makes_an_entity_visible_to_queries(self, google_address: str) -> None:
        """At share 0 queries miss for ever; one get by key, and the first query sees: what isolation avoids."""
        set_coin(google_address, 0.0, seed=1)

        async def look() -> tuple[list[int], int]:
            store: Store = connect(plan_at(google_address), google_address, "interference")
            item = Item("alone", "alone")
            await store.insert(item, 0)
            before = [(await store.query(item)).seen for _ in range(20)]
            await store.lookup(item)
            after = (await store.query(item)).seen
            await store.close()
            return before, after

        before, after = clock.run(look())
        assert before == [0] * 20
        assert after == 1

    def test_the_founding_result(self, google_address: str, tmp_path: Path) -> None:
        """Key gets and ancestor queries never miss there, whatever the coin says."""
        set_coin(google_address, 0.0, seed=1)
        probes = {action: {"interval": "10ms", "confirm": 1} for action in (Action.KEY_GET, Action.ANCESTOR_QUERY)}
        plan = plan_at(google_address, probes=probes, entities=20)
        order = flow.prepare(plan, "strong", tmp_path, None)
        judgement = flow.judge_run(flow.measure(order, "strong", None).archive).judgement
        assert [(summary.n, summary.missed_first.count) for summary in judgement.actions] == [(20, 0), (20, 0)]
