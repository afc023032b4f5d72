"""Composites that are built step by step, while other calls go on."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import clock
from consistency.emulator.engine.partitions import Columns
from consistency.emulator.indexes.composites import build_composite
from consistency.emulator.service import building
from consistency.emulator.values.keys import PartitionId
from consistency.emulator.values.messages import Message
from consistency.emulator.values.scope import Scope
from tests.emulator.embedded import PREFIX, Embedded
from tests.emulator.talk import Talk, delete, found_names, upsert

PLACE = PartitionId("p", "", "")
COLUMNS = [
    Columns((("p", False), ("q", True))),
    Columns((("q", False), ("__key__", True))),
    Columns((("p", False),), ancestor=True),
    Columns((("__key__", True),)),
]
values = st.one_of(st.none(), st.integers(0, 3), st.lists(st.integers(0, 3), max_size=3))
Wrote = tuple[int, object, object, bool]  # id, p, q, whether it is deleted
writes: st.SearchStrategy[Wrote] = st.tuples(st.integers(1, 9), values, values, st.booleans())
lags = st.sampled_from(["0", "10h"])


def apply(talk: Talk, write: Wrote) -> None:
    number, p, q, gone = write
    key = talk.key("Root", number % 2 + 1, "Kind", number)
    talk.commit(delete(key) if gone else upsert(key, p=p, q=q))


@pytest.fixture
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step takes two rows, and any kind is large."""
    monkeypatch.setattr("consistency.emulator.engine.rows._SLICE", 2)
    monkeypatch.setattr(building, "LARGE", 1)


@pytest.mark.usefixtures("short_steps")
class TestSteps:
    """What comes between two steps is in the rows as if it had come before or after all of them."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(writes, max_size=8), st.lists(writes, max_size=12), st.sampled_from(COLUMNS), lags)
    def test_commits_in_between(self, before: list[Wrote], meanwhile: list[Wrote], columns: Columns, lag: str) -> None:
        """The table is the one that is built afterwards in one go, history and all."""
        embedded = Embedded("megastore", apply_b=lag)
        talk = embedded.talk()
        talk.put("Root", 1, "Kind", 1, p=[0, 1], q=2)
        for write in before:
            apply(talk, write)
        engine, waiting = embedded.service._state.engine, list(meanwhile)
        partition = engine.find_partition(PLACE)
        engine.pin(b"building", 0)
        for _ in build_composite(partition, "Kind", columns):
            if waiting:
                apply(talk, waiting.pop())
        built = partition.kinds["Kind"].composites.pop(columns)
        for _ in build_composite(partition, "Kind", columns):
            pass
        anew = partition.kinds["Kind"].composites[columns]
        assert list(built._rows) == list(anew._rows)
        spans = [{row: (each.present, each.switches) for row, each in table._spans.items()} for table in (built, anew)]
        assert spans[0] == spans[1]


def request_of(talk: Talk) -> Message:
    return talk.query_request("Kind", ("p", "=", 1), orders=["q"])


@pytest.mark.usefixtures("short_steps")
class TestWaiting:
    """The query that needs the composite first."""

    def fill(self) -> tuple[Embedded, Talk]:
        embedded = Embedded()
        talk = embedded.talk()
        talk.commit(*(upsert(talk.key("Kind", number), p=1, q=-number) for number in range(1, 40)))
        return embedded, talk

    def test_others_are_answered_meanwhile(self) -> None:
        """A commit in between is done, and in the results; a second query waits for the same build."""
        embedded, talk = self.fill()

        async def scenario() -> list[list[str | int]]:
            queries = [asyncio.create_task(embedded.send("RunQuery", request_of(talk))) for _ in range(2)]
            await asyncio.sleep(0)
            talk.commit(upsert(talk.key("Kind", 40), p=1, q=-40))
            assert not any(query.done() for query in queries)
            return [found_names(reply.batch) for reply in await asyncio.gather(*queries)]

        assert clock.run(scenario(), virtual=True) == [list(range(40, 0, -1))] * 2
        state = embedded.service._state
        assert not state.building
        assert not state.engine._pins
        assert isinstance(embedded.service.call(PREFIX + "RunQuery", {}, request_of(talk).SerializeToString()), bytes)

    def test_a_reset_meanwhile(self) -> None:
        """Leaves nothing to find."""
        for scoped in (False, True):
            embedded, talk = self.fill()

            async def scenario(embedded: Embedded, talk: Talk, *, scoped: bool) -> list[str | int]:
                query = asyncio.create_task(embedded.send("RunQuery", request_of(talk)))
                await asyncio.sleep(0)
                embedded.service.reset(*([Scope("p")] if scoped else []))
                return found_names((await query).batch)

            assert clock.run(scenario(embedded, talk, scoped=scoped), virtual=True) == []

    def test_whoever_waits_goes_on_without_the_first(self) -> None:
        """A client that hangs up does not leave the others waiting."""
        embedded, talk = self.fill()

        async def scenario() -> int:
            first, second = (asyncio.create_task(embedded.send("RunQuery", request_of(talk))) for _ in range(2))
            await asyncio.sleep(0)
            first.cancel()
            return len((await second).batch.entity_results)

        assert clock.run(scenario(), virtual=True) == 39
