"""Injected faults: what becomes of a call, what its client is told, and when a fault ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from consistency import clock
from consistency.backends.faulty import EFFECTS as PLANNED
from consistency.emulator.service.effects import EFFECTS
from consistency.emulator.service.faults import METHODS
from consistency.emulator.service.service import PREFIX, RPCS
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values import messages
from tests.emulator.embedded import Embedded
from tests.emulator.talk import PROJECT, insert


class Place:
    """An emulator on virtual time: each `put` inserts an entity of its own."""

    def __init__(self) -> None:
        self.embedded = Embedded()
        self.talk = self.embedded.talk()
        self._turn = 0

    def inject(self, kind: str, **words: Any) -> int:
        """Begin a fault; its number."""
        number = self.embedded.service.steer("inject", {"kind": kind, **words})["fault"]
        assert isinstance(number, int)
        return number

    def relieve(self, **words: Any) -> None:
        """End it, or all."""
        self.embedded.service.steer("relieve", words)

    async def put(self) -> tuple[str, float]:
        """What an insert tells, and how long it took."""
        self._turn += 1
        request = messages.CommitRequest(project_id=PROJECT, mode=2)
        request.mutations.append(insert(self.talk.key("Kind", f"{self._turn}"), x=1))
        begun_s = asyncio.get_running_loop().time()
        try:
            await self.embedded.send("Commit", request)
            told = "ok"
        except ServiceError as error:
            told = error.code.name
        return told, round(asyncio.get_running_loop().time() - begun_s, 3)

    def count(self) -> int:
        """How many of those entities there are, whatever is wrong with calls."""
        request = messages.LookupRequest(project_id=PROJECT)
        request.keys.extend(self.talk.key("Kind", f"{turn}") for turn in range(1, self._turn + 1))
        reply = self.embedded.service._answer(PREFIX + "Lookup", {}, request.SerializeToString())
        return len(messages.LookupResponse.FromString(reply).found)


def on_virtual_time(work: Callable[[Place], Awaitable[None]]) -> None:
    """Run `work` on a fresh emulator."""

    async def main() -> None:
        await work(Place())

    clock.run(main(), virtual=True)


class TestVocabulary:
    def test_is_that_of_plans(self) -> None:
        """A kind means the same in a plan and here; every method of the service has its word."""
        assert set(EFFECTS) == set(PLANNED)
        assert {PREFIX + name for name in METHODS.values()} == {path for path in RPCS if path.startswith(PREFIX)}

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ({"kind": "unavailble"}, "did you mean unavailable"),
            ({}, "kind must be one of"),
            ({"kind": "aborted", "rpc": "Commit"}, "did you mean commit"),
            ({"kind": "latency"}, "latency needs a delay"),
            ({"kind": "latency", "delay": "soon"}, "delay: .* is not a delay"),
            ({"kind": "aborted", "delay": "1s"}, "aborted has no delay"),
            ({"kind": "aborted", "share": 0}, "share must be"),
            ({"kind": "aborted", "times": 0}, "times must be"),
            ({"kind": "aborted", "lasts": "x"}, "lasts: .* is not a duration"),
            ({"kind": "aborted", "client": 5}, "client must be the name"),
            ({"kind": "pause", "rpc": "commit"}, "a pause is of all calls"),
            ({"kind": "aborted", "often": 2}, "inject does not know often"),
        ],
    )
    def test_mistakes_are_told(self, words: dict[str, Any], told: str) -> None:
        """In a sentence, and nothing is wrong afterwards."""
        place = Place()
        with pytest.raises(ServiceError, match=told) as refused:
            place.embedded.service.steer("inject", words)
        assert refused.value.code is Code.INVALID_ARGUMENT
        assert not place.embedded.service._state.faults.active


class TestEffects:
    @pytest.mark.parametrize(
        ("kind", "words", "told", "done"),
        [
            ("unavailable", {}, ("UNAVAILABLE", 0), 0),
            ("aborted", {}, ("ABORTED", 0), 0),
            ("resource_exhausted", {}, ("RESOURCE_EXHAUSTED", 0), 0),
            ("lost_acknowledgement", {}, ("UNAVAILABLE", 0), 1),
            ("latency", {"delay": "300ms"}, ("ok", 0.3), 1),
            ("pause", {"lasts": "2s"}, ("ok", 2), 1),
            ("duplicate_delivery", {}, ("ok", 0), 1),
        ],
    )
    def test_each(self, kind: str, words: dict[str, Any], told: tuple[str, float], done: int) -> None:
        """The client is told this after so long, and the write happened or it did not."""

        async def work(place: Place) -> None:
            place.inject(kind, **words)
            assert await place.put() == told
            await asyncio.sleep(5)
            assert place.count() == done

        on_virtual_time(work)

    def test_a_deadline_passes_with_the_call_done_or_not(self) -> None:
        """Both occur, and look the same."""

        async def work(place: Place) -> None:
            place.inject("deadline_exceeded")
            assert {await place.put() for _ in range(20)} == {("DEADLINE_EXCEEDED", 0)}
            assert 0 < place.count() < 20

        on_virtual_time(work)

    def test_a_duplicate_is_a_second_commit(self) -> None:
        """It finds the entity there; its error is nobody's."""

        async def work(place: Place) -> None:
            place.inject("duplicate_delivery", delay="1s")
            assert await place.put() == ("ok", 0)
            (second,) = asyncio.all_tasks() - {asyncio.current_task()}
            with pytest.raises(ServiceError, match="ALREADY_EXISTS"):
                await second

        on_virtual_time(work)

    def test_what_is_under_way_is_done_though_nobody_waits(self) -> None:
        """A client whose deadline passed in a pause has written all the same when the pause ends."""

        async def work(place: Place) -> None:
            place.inject("pause")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(place.put(), 1)
            assert place.count() == 0
            place.relieve()
            await asyncio.sleep(0.1)
            assert place.count() == 1

        on_virtual_time(work)


class TestEnds:
    def test_times_share_and_rpc(self) -> None:
        """A fault is met so often, by such a share, by such calls; the same ones for the same seed."""
        told: list[list[str]] = []

        async def work(place: Place) -> None:
            place.inject("aborted", times=2)
            assert [(await place.put())[0] for _ in range(3)] == ["ABORTED", "ABORTED", "ok"]
            place.inject("unavailable", rpc="run_query")
            assert (await place.put())[0] == "ok"
            place.inject("aborted", share=0.5)
            told.append([(await place.put())[0] for _ in range(40)])
            assert 10 < told[-1].count("ABORTED") < 30

        on_virtual_time(work)
        on_virtual_time(work)
        assert told[0] == told[1]

    def test_one_client_alone(self) -> None:
        """It is known by the name that it gives itself; the others, and who has none, go on."""
        embedded = Embedded()
        embedded.service.steer("inject", {"kind": "aborted", "client": "app"})
        for name in ("other", ""):
            embedded.talk(client=name).put("Kind", "a")
        with pytest.raises(ServiceError, match="ABORTED"):
            embedded.talk(client="app").put("Kind", "a")

    def test_lasts_relief_and_reset(self) -> None:
        """By itself, by number, all at once, and with everything else."""

        async def work(place: Place) -> None:
            place.inject("aborted", lasts="1s")
            await asyncio.sleep(2)
            assert (await place.put())[0] == "ok"
            first, _ = place.inject("unavailable"), place.inject("aborted")
            assert (await place.put())[0] == "ABORTED"
            place.relieve(fault=first)
            place.relieve(fault=first)
            assert (await place.put())[0] == "ABORTED"
            place.relieve()
            assert (await place.put())[0] == "ok"
            place.inject("aborted")
            place.embedded.service.reset()
            assert (await place.put())[0] == "ok"

        on_virtual_time(work)
