"""Replicas of a quorum that are cut off, down or slow: who answers, with what, and who is too few."""

from collections.abc import Coroutine

import pytest

from consistency import clock
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values import messages
from tests.emulator.embedded import MS, PREFIX, Embedded
from tests.emulator.talk import EVENTUAL, Talk

HOUR_MS = 3_600_000


def opened(read_quorum: int = 1, write_quorum: int = 1) -> Embedded:
    """A write needs 10 ms to each of three replicas, all else nothing: replica 0 is the first to answer."""
    return Embedded("quorum", read_quorum=read_quorum, write_quorum=write_quorum, latencies="10ms | 0")


def sees(talk: Talk, name: str = "a") -> bool:
    return talk.get("Kind", name, eventual=True) is not None


def measure_read_ms(embedded: Embedded) -> float:
    """How long the reply of an eventual lookup takes."""
    request = messages.LookupRequest(project_id="p")
    request.keys.append(embedded.talk().key("Kind", "a"))
    request.read_options.read_consistency = EVENTUAL
    reply = embedded.service.call(PREFIX + "Lookup", {}, request.SerializeToString())

    async def wait() -> float:
        times = clock.Clock.starting_now()
        if isinstance(reply, Coroutine):
            await reply
        return times.now_ns() / MS

    return clock.run(wait(), virtual=True)


class TestPartition:
    def test_answers_as_it_was_and_catches_up(self) -> None:
        """Neither what is on its way nor what is written meanwhile reaches it before it heals."""
        embedded = opened()
        talk = embedded.talk()
        talk.put("Kind", "a")
        embedded.service.steer("partition", {"replica": 0})
        talk.put("Kind", "b")
        embedded.now_ns += HOUR_MS * MS
        assert (sees(talk, "a"), sees(talk, "b")) == (False, False)
        assert talk.get("Kind", "b") is not None
        embedded.service.steer("heal", {"replica": 0})
        embedded.now_ns += 10 * MS - 1
        assert (sees(talk, "a"), sees(talk, "b")) == (False, False)
        embedded.now_ns += 1
        assert (sees(talk, "a"), sees(talk, "b")) == (True, True)

    def test_a_read_of_two_asks_another_one(self) -> None:
        """The newest of its replies counts."""
        embedded = opened(read_quorum=2)
        embedded.service.steer("partition", {"replica": 0})
        embedded.talk().put("Kind", "a")
        embedded.now_ns += 10 * MS
        assert sees(embedded.talk())


class TestCrash:
    def test_is_passed_over_and_then_behind(self) -> None:
        """Down, others answer; up again, it shows what it had, and catches up."""
        embedded = opened()
        talk = embedded.talk()
        embedded.service.steer("crash", {"replica": 0})
        talk.put("Kind", "a")
        embedded.now_ns += 10 * MS
        assert sees(talk)
        embedded.service.steer("restart", {"replica": 0})
        assert not sees(talk)
        embedded.now_ns += 10 * MS
        assert sees(talk)

    def test_too_few_to_read(self) -> None:
        """UNAVAILABLE for eventual reads alone."""
        embedded = opened(read_quorum=2)
        talk = embedded.talk()
        talk.put("Kind", "a")
        for replica in (1, 2):
            embedded.service.steer("crash", {"replica": replica})
        with pytest.raises(ServiceError, match="a read waits for 2 of 3 replicas, and 1 can be reached") as refusal:
            sees(talk)
        assert refusal.value.code is Code.UNAVAILABLE
        assert talk.get("Kind", "a") is not None

    def test_too_few_to_write(self) -> None:
        """UNAVAILABLE, and nothing was written; a replica that comes back, from either fault, ends it."""
        embedded = opened(write_quorum=2)
        talk = embedded.talk()
        embedded.service.steer("crash", {"replica": 1})
        embedded.service.steer("partition", {"replica": 2})
        with pytest.raises(ServiceError, match="a write waits for 2 of 3 replicas, and 1 can be reached") as refusal:
            talk.put("Kind", "a")
        assert refusal.value.code is Code.UNAVAILABLE
        assert talk.get("Kind", "a") is None
        embedded.service.steer("heal", {"replica": 2})
        talk.put("Kind", "a")
        assert talk.get("Kind", "a") is not None


class TestSlow:
    @pytest.mark.parametrize(("read_quorum", "expected_ms"), [(1, 0), (2, 0), (3, 1_000)])
    def test_whoever_waits_for_it_waits_longer(self, read_quorum: int, expected_ms: float) -> None:
        """A read of fewer replicas is answered by the others."""
        embedded = opened(read_quorum)
        embedded.service.steer("slow", {"replica": 0, "delay": "1s"})
        assert measure_read_ms(embedded) == expected_ms
        embedded.service.steer("slow", {"replica": 0})
        assert measure_read_ms(embedded) == 0
