"""The read_time of eventual lookups: of the snapshot that was served, or, where there is none, the present."""

from typing import Any

import pytest

from consistency.parameters import MODELS
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import Talk, time_us, upsert

LAG_MS = 250


def write(talk: Talk, name: str) -> int:
    """The commit's stamp in microseconds."""
    return int(talk.put("Kind", name).mutation_results[0].version)


class TestSnapshots:
    @pytest.mark.parametrize("since_ns", [0, 1, LAG_MS * MS - 1, LAG_MS * MS, LAG_MS * MS + 1, 9_999 * MS])
    def test_it_lies_between_what_was_seen_and_what_was_not(self, since_ns: int) -> None:
        """Of two commits a nanosecond apart too: seen is what was committed up to it, missed what was later."""
        embedded = Embedded(eventual_lag=f"{LAG_MS}ms")
        talk = embedded.talk()
        stamps = {}
        for name in "abc":
            embedded.now_ns += 1
            stamps[name] = write(talk, name)
        embedded.now_ns += since_ns
        reply = talk.lookup(*(talk.key("Kind", name) for name in "abc"), eventual=True)
        read_us = time_us(reply.read_time)
        assert all(result.version <= read_us for result in reply.found)
        assert all(stamps[result.entity.key.path[0].name] > read_us for result in reply.missing)

    def test_it_is_as_old_as_the_snapshot(self) -> None:
        """A lag before the present, and the present for a strong read."""
        embedded = Embedded(eventual_lag=f"{LAG_MS}ms")
        talk = embedded.talk()
        embedded.now_ns = 1_000 * MS
        eventual, strong = (time_us(talk.lookup(talk.key("K", "a"), eventual=each).read_time) for each in (True, False))
        assert 0 <= strong - LAG_MS * 1_000 - eventual <= 1

    @pytest.mark.parametrize("session", ["none", "monotonic", "ryw"])
    def test_a_bounded_read_misses_only_what_is_later(self, session: str) -> None:
        """Whatever snapshot is drawn, it is told, and lies within the bound."""
        embedded = Embedded("bounded", max_staleness="1s", session=session, seed=5)
        talk = embedded.talk(client="reader")
        missed = 0
        for number in range(60):
            stamp = write(embedded.talk(client="writer"), f"e{number}")
            embedded.now_ns += 37 * MS
            reply = talk.lookup(talk.key("Kind", f"e{number}"), eventual=True)
            missed += len(reply.missing)
            assert (stamp > time_us(reply.read_time)) == bool(reply.missing)
        assert missed > 10


@pytest.mark.parametrize("model", sorted(set(MODELS) - {"strong", "bounded", "job_policy"}))
def test_without_a_snapshot_it_is_the_present(model: str) -> None:
    """What such a read misses had been written before its read time: a real anomaly, not an old snapshot."""
    settings: dict[str, dict[str, Any]] = {
        "megastore": {"apply_a": "1s"},
        "replicas": {"apply_a": "1s"},
        "per_read": {"consistency": 0.0},
    }
    embedded = Embedded(model, **settings.get(model, {}))
    talk = embedded.talk()
    talk.commit(upsert(talk.key("Kind", "a")))
    stamp = write(talk, "b")
    embedded.now_ns += 5 * MS
    reply = talk.lookup(talk.key("Kind", "b"), eventual=True)
    assert time_us(reply.read_time) >= stamp
    assert reply.missing or model == "quorum"  # there the messages' chance decides
