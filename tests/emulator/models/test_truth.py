"""The truth log: what each model says of a commit is what its reads then see."""

from typing import Any

import pytest

from tests.emulator.embedded import MS, Embedded

LAST = 20 * MS
ALIKE: dict[str, tuple[dict[str, Any], int, int]] = {  # model: its parameters, when bodies and rows are new
    "strong": ({"eventual_lag": "20ms"}, LAST, LAST),
    "megastore": ({"apply_a": "10ms", "apply_b": "10ms"}, 10 * MS, LAST),
    "manual": ({}, 1 << 62, 1 << 62),
    "job_policy": ({"consistency": 0.0}, 1 << 62, 1 << 62),
}
BY_CHANCE: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {  # model: its parameters, when each replica has it
    "per_read": ({"consistency": 0.0, "settle": "20ms"}, ()),
    "bounded": ({"max_staleness": "20ms"}, ()),
    "quorum": ({"latencies": "20ms | 0"}, (LAST, LAST, LAST)),
}


def see(embedded: Embedded, at_ns: int) -> set[bool]:
    """What eventual lookups see at an instant."""
    embedded.now_ns = at_ns
    return {embedded.talk().get("Kind", "a", eventual=True) is not None for _ in range(40)}


class TestTruth:
    @pytest.mark.parametrize("model", ALIKE)
    def test_instants_for_every_read_alike(self, model: str) -> None:
        """Of bodies and of rows; lookups see nothing before, and everything from then on."""
        parameters, bodies_ns, rows_ns = ALIKE[model]
        embedded = Embedded(model, **parameters)
        embedded.talk().put("Kind", "a")
        (record,) = embedded.truth
        assert (record.committed_ns, record.bodies_ns, record.rows_ns) == (0, bodies_ns, rows_ns)
        assert (record.replicas, record.settled_ns) == ((), None)
        assert see(embedded, bodies_ns - 1) == {False}
        if bodies_ns < 1 << 62:
            assert see(embedded, bodies_ns) == {True}

    @pytest.mark.parametrize("model", BY_CHANCE)
    def test_where_chance_decides_it_is_known_from_when_on_all_see_it(self, model: str) -> None:
        """Before, there is no instant for all; some read may still miss it a moment ahead."""
        parameters, arrivals = BY_CHANCE[model]
        embedded = Embedded(model, **parameters)
        embedded.talk().put("Kind", "a")
        (record,) = embedded.truth
        assert (record.bodies_ns, record.rows_ns, record.settled_ns) == (None, None, LAST)
        assert record.replicas == tuple((arrival, arrival) for arrival in arrivals)
        assert False in see(embedded, 0)
        assert see(embedded, LAST) == {True}

    def test_a_cut_off_replica_of_a_quorum_has_it_not_yet(self) -> None:
        """And nobody can say when all will."""
        embedded = Embedded("quorum", latencies="20ms | 0")
        embedded.service.steer("partition", {"replica": 1})
        embedded.talk().put("Kind", "a")
        assert embedded.truth[-1].replicas == ((LAST, LAST), (1 << 62, 1 << 62), (LAST, LAST))
        assert embedded.truth[-1].settled_ns == 1 << 62
        embedded.service.steer("heal", {"replica": 1})
        assert embedded.truth[-1].settled_ns == LAST
