"""Strong, and what a read sees that asks for less: one snapshot of a fixed age."""

import pytest

from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import EVENTUAL, Talk, delete, names_of, properties_of, upsert

LAG_MS = 250


def look(talk: Talk) -> tuple[dict[str, object], dict[str, object]]:
    """What an eventual query finds, and what eventual lookups see, by name."""
    batch = talk.query("Kind", consistency=EVENTUAL)
    bodies = (properties_of(result)["n"] for result in batch.entity_results)
    queried: dict[str, object] = dict(zip(map(str, names_of(batch.entity_results)), bodies, strict=True))
    got = {name: talk.get("Kind", name, eventual=True) for name in "abc"}
    return queried, {name: found["n"] for name, found in got.items() if found is not None}


class TestLag:
    @pytest.mark.parametrize(("since_ms", "fresh"), [(0, False), (LAG_MS - 1, False), (LAG_MS, True), (9_999, True)])
    def test_eventual_reads_are_a_lag_behind(self, since_ms: int, fresh: bool) -> None:
        """New, changed and deleted in one commit: all of it or nothing, by query and by lookup; others see it all."""
        embedded = Embedded(eventual_lag=f"{LAG_MS}ms")
        talk = embedded.talk()
        keys = {name: talk.key("Kind", name) for name in "abc"}
        talk.commit(upsert(keys["a"], n=1), upsert(keys["b"], n=1))
        embedded.now_ns += 1_000 * MS
        talk.commit(upsert(keys["a"], n=2), delete(keys["b"]), upsert(keys["c"], n=2))
        embedded.now_ns += since_ms * MS
        now, before = {"a": 2, "c": 2}, {"a": 1, "b": 1}
        expected = now if fresh else before
        assert look(talk) == (expected, expected)
        strong = talk.query("Kind").entity_results
        assert [properties_of(result)["n"] for result in strong] == [2, 2]
        assert talk.get("Kind", "b") is None

    def test_a_strong_read_makes_nothing_visible(self) -> None:
        """There is nothing to roll forward: the snapshot is as old as before."""
        embedded = Embedded(eventual_lag="1s")
        talk = embedded.talk()
        talk.put("Kind", "a")
        assert talk.get("Kind", "a") is not None
        assert talk.get("Kind", "a", eventual=True) is None

    def test_without_one_every_read_sees_the_head(self) -> None:
        """The default."""
        talk = Embedded().talk()
        talk.put("Kind", "a")
        assert talk.get("Kind", "a", eventual=True) is not None
