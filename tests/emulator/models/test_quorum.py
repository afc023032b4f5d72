"""Quorums through the whole store, against the published figures; the published table is test_published_quorums'."""

from typing import Any

import pytest
from scipy import stats

from consistency import clock
from consistency.emulator.values import messages
from tests.emulator.embedded import MS, PREFIX, Embedded
from tests.emulator.talk import EVENTUAL, upsert


class TestStore:
    """The whole store on virtual time, for the published disks."""

    @staticmethod
    async def read_after(embedded: Embedded, name: str, wait_ms: float) -> tuple[bool, float, float]:
        """Whether a lookup that begins so long after the acknowledgement sees the write; both latencies in ms."""
        talk, times = embedded.talk(), clock.Clock.starting_now()
        request = messages.CommitRequest(project_id="p", mode=2)
        request.mutations.append(upsert(talk.key("Kind", name)))
        embedded.now_ns = begun_ns = times.now_ns()
        await embedded.send("Commit", request)
        acknowledged_ns = times.now_ns()
        await times.sleep_until_ns(acknowledged_ns + int(wait_ms * MS))
        lookup = messages.LookupRequest(project_id="p")
        lookup.keys.append(talk.key("Kind", name))
        lookup.read_options.read_consistency = EVENTUAL
        embedded.now_ns = asked_ns = times.now_ns()
        reply = await embedded.send("Lookup", lookup)
        return bool(reply.found), (acknowledged_ns - begun_ns) / MS, (times.now_ns() - asked_ns) / MS

    def run(self, count: int, wait_ms: float, **settings: Any) -> list[tuple[bool, float, float]]:
        async def read_all() -> list[tuple[bool, float, float]]:
            found = []
            for number in range(count):
                embedded = Embedded("quorum", seed=number, **settings)
                found.append(await self.read_after(embedded, f"e{number}", wait_ms))
            return found

        return clock.run(read_all(), virtual=True)

    @pytest.mark.slow
    @pytest.mark.parametrize(("wait_ms", "published"), [(0, 0.4370), (10, 0.9264)])
    def test_reads_are_as_fresh_as_published(self, wait_ms: float, published: float) -> None:
        """At once and after 10 ms, through commits, replies that take their time, and lookups."""
        found = self.run(1_500, wait_ms)
        assert stats.binomtest(sum(fresh for fresh, _, _ in found), 1_500, published).pvalue > 0.01

    @pytest.mark.slow
    def test_operations_take_as_long_as_published(self) -> None:
        """The median write 1.50 ms, the median read 0.489 ms: half of the calls are longer."""
        found = self.run(1_500, 0)
        for place, median_ms in ((1, 1.505), (2, 0.489)):
            longer = sum(row[place] > median_ms for row in found)
            assert stats.binomtest(longer, 1_500, 0.5).pvalue > 0.01

    def test_overlapping_quorums_see_every_write(self) -> None:
        """R = W = 2 of three."""
        assert all(fresh for fresh, _, _ in self.run(100, 0, read_quorum=2, write_quorum=2))

    def test_strong_reads_wait_for_nobody(self) -> None:
        """They ask the log."""
        embedded = Embedded("quorum")
        talk = embedded.talk()
        talk.put("Kind", "a")
        assert talk.get("Kind", "a") is not None
        request = messages.LookupRequest(project_id="p")
        request.keys.append(talk.key("Kind", "a"))
        assert isinstance(embedded.service.call(PREFIX + "Lookup", {}, request.SerializeToString()), bytes)
