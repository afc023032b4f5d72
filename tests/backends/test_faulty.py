"""Faults of calls: what each one does to a request, and what the worker is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from consistency import clock
from consistency.backends.faulty import EFFECTS, Disturbances
from consistency.backends.stores import Wire
from consistency.clock import Clock
from consistency.fault import Fault, FaultKind, Side
from consistency.schedule import Change, PlannedFault
from consistency.store import StoreError
from tests.fakes import MS

TIMEOUT_MS = 1_000


@dataclass
class Place:
    """A wire that notes when each request arrives and answers after 10 ms, and its disturbances."""

    clock: Clock
    arrived_ms: list[float] = field(default_factory=list)
    error: StoreError | None = None

    def __post_init__(self) -> None:
        self.disturbances = Disturbances(self.clock, 7, TIMEOUT_MS * MS)
        self.wire = self.disturbances.disturb(Wire(lambda _, request: request, self._send, self._release))

    async def _send(self, rpc: str, request: Any) -> Any:
        self.arrived_ms.append(self.clock.now_ns() / MS)
        await self.clock.sleep_until_ns(self.clock.now_ns() + 10 * MS)
        if self.error is not None:
            raise self.error
        return request

    async def _release(self) -> None:
        """Nothing is held."""

    async def turn(self, fault: Fault, *, active: bool) -> None:
        """Switch a fault."""
        planned = PlannedFault(fault.kind, fault, 0, 0)
        await self.disturbances.turn(Change(0, planned, active))

    async def ask(self, rpc: str = "commit") -> tuple[str, float]:
        """What one call tells, and when (ms)."""
        try:
            told = str(await self.wire.send(rpc, "answer"))
        except StoreError as error:
            told = f"{error.code}{'' if error.definite else '?'}"
        return told, self.clock.now_ns() / MS


def make_fault(kind: FaultKind, **chosen: Any) -> Fault:
    """A fault of the kind; when it is active, the tests say."""
    return Fault.model_validate({"at": "0", "for": "1s", "kind": kind} | chosen)


def on_virtual_time(work: Callable[[Place], Awaitable[None]]) -> None:
    """Run `work` on a fresh wire."""

    async def main() -> None:
        place = Place(Clock.starting_now())
        try:
            await work(place)
        finally:
            await place.wire.release()

    clock.run(main(), virtual=True)


def tell(kind: FaultKind, **chosen: Any) -> tuple[str, float, list[float]]:
    """What a call under the fault tells and when, and when requests had arrived 5 s later."""
    told: list[Any] = []

    async def work(place: Place) -> None:
        await place.turn(make_fault(kind, **chosen), active=True)
        told.extend(await place.ask())
        await place.clock.sleep_until_ns(5_000 * MS)
        told.append(place.arrived_ms)

    on_virtual_time(work)
    answer, at_ms, arrived = told
    return answer, at_ms, arrived


class TestEffects:
    def test_every_fault_of_calls_has_one(self) -> None:
        """No kind is accepted that does nothing."""
        needs = {"latency": {"delay": "1s"}}
        of_calls = {kind for kind in EFFECTS if make_fault(kind, **needs.get(kind, {})).side is Side.CALLS}
        assert set(EFFECTS) == of_calls == set(FaultKind) - {
            FaultKind.PARTITION, FaultKind.CRASH, FaultKind.RESTART, FaultKind.CLOCK_STEP, FaultKind.CLOCK_SKEW,
            FaultKind.QUEUE_DELAY,
        }  # fmt: skip

    def test_latency_holds_the_request_back(self) -> None:
        """It is sent late, and answered as always."""
        assert tell(FaultKind.LATENCY, delay="300ms") == ("answer", 310, [300])

    def test_latency_beyond_the_time_out_is_no_answer(self) -> None:
        """The client gives up after 1 s, and cannot tell: the request arrives after 2 s all the same."""
        assert tell(FaultKind.LATENCY, delay="2s") == ("DEADLINE_EXCEEDED?", 1_000, [2_000])

    def test_unavailable_sends_nothing_and_nobody_can_know_that(self) -> None:
        """A client that gets UNAVAILABLE may have lost the answer as well."""
        assert tell(FaultKind.UNAVAILABLE) == ("UNAVAILABLE?", 0, [])

    @pytest.mark.parametrize("kind", [FaultKind.ABORTED, FaultKind.RESOURCE_EXHAUSTED])
    def test_refusals_are_definite(self, kind: FaultKind) -> None:
        """The service answered: it did nothing."""
        assert tell(kind) == (kind.upper(), 0, [])

    def test_a_lost_acknowledgement_is_done_and_unknown(self) -> None:
        """As long as the call would have taken."""
        assert tell(FaultKind.LOST_ACKNOWLEDGEMENT) == ("UNAVAILABLE?", 10, [0])

    def test_a_lost_answer_may_have_been_an_error(self) -> None:
        """The client cannot tell that either."""

        async def work(place: Place) -> None:
            place.error = StoreError("ABORTED", "no", definite=True)
            await place.turn(make_fault(FaultKind.LOST_ACKNOWLEDGEMENT), active=True)
            assert await place.ask() == ("UNAVAILABLE?", 10)

        on_virtual_time(work)

    def test_a_deadline_passes_with_the_request_done_or_not(self) -> None:
        """Both occur, and look the same."""
        arrived = set()

        async def work(place: Place) -> None:
            await place.turn(make_fault(FaultKind.DEADLINE_EXCEEDED), active=True)
            for turn in range(20):
                before = len(place.arrived_ms)
                assert await place.ask() == ("DEADLINE_EXCEEDED?", (turn + 1) * TIMEOUT_MS)
                arrived.add(len(place.arrived_ms) - before)

        on_virtual_time(work)
        assert arrived == {0, 1}

    def test_a_duplicate_comes_after_the_answer(self) -> None:
        """The client hears the first delivery's answer only."""
        assert tell(FaultKind.DUPLICATE_DELIVERY, delay="500ms") == ("answer", 10, [0, 510])

    def test_a_duplicates_error_is_nobodys(self) -> None:
        """An insert that comes twice exists already the second time."""

        async def work(place: Place) -> None:
            await place.turn(make_fault(FaultKind.DUPLICATE_DELIVERY), active=True)
            assert await place.ask() == ("answer", 10)
            place.error = StoreError("ALREADY_EXISTS", "twice", definite=True)
            await place.clock.sleep_until_ns(100 * MS)
            assert len(place.arrived_ms) == 2

        on_virtual_time(work)

    def test_a_pause_does_everything_afterwards(self) -> None:
        """A short wait is a slow answer; a longer one is no answer, and the request is done all the same."""

        async def work(place: Place) -> None:
            fault = make_fault(FaultKind.PAUSE)
            await place.turn(fault, active=True)
            early = asyncio.create_task(place.ask())
            await place.clock.sleep_until_ns(800 * MS)
            late = asyncio.create_task(place.ask())
            await place.clock.sleep_until_ns(1_200 * MS)
            await place.turn(fault, active=False)
            assert [await early, await late] == [("DEADLINE_EXCEEDED?", 1_000), ("answer", 1_210)]
            assert place.arrived_ms == [1_200, 1_200]

        on_virtual_time(work)


class TestSwitching:
    def test_only_the_named_calls_meet_it(self) -> None:
        """And none after its end."""

        async def work(place: Place) -> None:
            fault = make_fault(FaultKind.ABORTED, rpc="commit")
            await place.turn(fault, active=True)
            assert [(await place.ask(rpc))[0] for rpc in ("lookup", "commit")] == ["answer", "ABORTED"]
            await place.turn(fault, active=False)
            assert (await place.ask())[0] == "answer"

        on_virtual_time(work)

    def test_a_share_of_them_does(self) -> None:
        """Drawn from the seed: about half here, and the same ones each time."""
        told: list[list[str]] = []

        async def work(place: Place) -> None:
            await place.turn(make_fault(FaultKind.ABORTED, share=0.5), active=True)
            told.append([(await place.ask())[0] for _ in range(40)])

        on_virtual_time(work)
        on_virtual_time(work)
        assert told[0] == told[1]
        assert 10 < told[0].count("ABORTED") < 30

    def test_faults_add_up(self) -> None:
        """A slow request may be refused as well: both are on the way."""

        async def work(place: Place) -> None:
            await place.turn(make_fault(FaultKind.LOST_ACKNOWLEDGEMENT), active=True)
            await place.turn(make_fault(FaultKind.LATENCY, delay="100ms"), active=True)
            assert await place.ask() == ("UNAVAILABLE?", 110)
            assert place.arrived_ms == [100]

        on_virtual_time(work)

    def test_closing_drops_what_is_still_on_its_way(self) -> None:
        """Nothing is sent to a store that is let go."""

        async def work(place: Place) -> None:
            await place.turn(make_fault(FaultKind.LATENCY, delay="3s"), active=True)
            await place.ask()
            await place.wire.release()
            await place.clock.sleep_until_ns(9_000 * MS)
            assert place.arrived_ms == []

        on_virtual_time(work)
