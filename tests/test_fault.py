"""Faults as a plan has them: what each kind takes, its times, its words."""

from typing import Any

import pytest
from pydantic import ValidationError

from consistency.durations import NS_PER_S
from consistency.fault import TAKES, Fault, FaultKind, Side
from consistency.plan import Plan

COMPLETE: dict[str, Any] = {
    "delay": "1s", "rpc": "commit", "share": 0.5, "replica": 1, "worker": "reader", "shift": "-1s", "drift": 0.1,
}  # fmt: skip


def make_fault(kind: str, **chosen: Any) -> Fault:
    """A fault from 10 s to 15 s."""
    return Fault.model_validate({"at": "10s", "for": "5s", "kind": kind} | chosen)


def complete(kind: FaultKind) -> Fault:
    """A fault with all that its kind needs, and nothing else."""
    return make_fault(kind, **{word: COMPLETE[word] for word in TAKES[kind][0]})


class TestSettings:
    @pytest.mark.parametrize("kind", list(FaultKind))
    def test_each_kind_says_what_it_lacks(self, kind: FaultKind) -> None:
        """One sentence names all of it."""
        needed = TAKES[kind][0]
        if needed:
            with pytest.raises(ValidationError) as raised:
                make_fault(kind)
            assert all(f"{kind} needs {word}" in str(raised.value) for word in needed)
        assert complete(kind).kind is kind

    @pytest.mark.parametrize("kind", list(FaultKind))
    def test_each_kind_says_what_it_does_not_have(self, kind: FaultKind) -> None:
        """A setting without effect is a mistake."""
        alien = COMPLETE.keys() - {*TAKES[kind][0], *TAKES[kind][1]}
        own = {word: COMPLETE[word] for word in TAKES[kind][0]}
        for word in alien:
            with pytest.raises(ValidationError, match=f"{kind} has no {word}"):
                make_fault(kind, **own, **{word: COMPLETE[word]})

    @pytest.mark.parametrize("kind", list(FaultKind))
    def test_go_through_json(self, kind: FaultKind) -> None:
        """A stored plan is read back as it was."""
        assert Fault.model_validate_json(complete(kind).model_dump_json()) == complete(kind)

    def test_time_is_counted_from_the_first_write(self) -> None:
        """A beginning and a duration."""
        fault = make_fault("pause")
        assert (fault.at_ns, fault.end_ns) == (10 * NS_PER_S, 15 * NS_PER_S)

    def test_every_kind_has_its_side(self) -> None:
        """Latency of one replica is the store's affair, latency of calls is not."""
        assert complete(FaultKind.LATENCY).side is Side.CALLS
        assert make_fault("latency", delay="1s", replica=0).side is Side.STORE
        assert {complete(kind).side for kind in FaultKind} == set(Side)

    def test_is_described_without_its_times(self) -> None:
        """What a table of faults shows."""
        slow = make_fault("latency", delay="uniform:1ms,2ms", rpc="run_query", share=0.5)
        assert slow.describe() == "latency uniform:1ms,2ms on run_query, 50 % of calls"
        assert make_fault("crash", replica=2).describe() == "crash, replica 2"
        stepped = make_fault("clock_step", worker="writer", shift="-1s")
        assert stepped.describe() == "clock step, the writer's clock, -1s"
        skewed = make_fault("clock_skew", worker="reader", drift=0.02)
        assert skewed.describe() == "clock skew, the reader's clock, +0.02 s a second"


class TestClocks:
    def test_a_step_is_the_same_while_it_lasts(self) -> None:
        """Before and after it the clock is right."""
        fault = make_fault("clock_step", worker="reader", shift="-300ms")
        shifts = [fault.clock_shift_ns(at_s * NS_PER_S) for at_s in (9, 10, 14, 15)]
        assert shifts == [0, -300_000_000, -300_000_000, 0]

    def test_a_skew_grows(self) -> None:
        """By `drift` seconds each second."""
        fault = make_fault("clock_skew", worker="reader", drift=0.5)
        assert [fault.clock_shift_ns(at_s * NS_PER_S) for at_s in (10, 12, 15)] == [0, NS_PER_S, 0]


def mistakes_of(*faults: dict[str, Any], **chosen: Any) -> str:
    """What is said of a plan with these faults."""
    whole = [{"at": "0", "for": "1s"} | fault for fault in faults]
    with pytest.raises(ValidationError) as raised:
        Plan.model_validate({"probes": {"key_get": {}}, "faults": whole} | chosen)
    return str(raised.value.errors()[0]["msg"])


class TestWithinPlans:
    def test_replicas_must_be_there(self) -> None:
        """Neither a model with one copy nor somebody else's emulator can have a part of it cut off."""
        for target in ({"model": "megastore"}, {"backend": "google"}):
            told = mistakes_of({"kind": "crash", "replica": 0}, target=target)
            assert "replicas and quorum have replicas that differ" in told

    def test_replicas_are_numbered(self) -> None:
        """A model of three has no fourth."""
        target = {"model": "replicas", "replicas": 3}
        assert "the 3 replicas are numbered from 0" in mistakes_of({"kind": "crash", "replica": 3}, target=target)

    def test_only_our_own_process_is_restarted(self) -> None:
        """Another one may have others who use it."""
        target = {"backend": "attached", "host": "h:1"}
        assert "only the embedded emulator" in mistakes_of({"kind": "restart"}, target=target)

    def test_the_librarys_requests_cannot_be_reached(self) -> None:
        """Its calls are several requests, or hidden ones; the embedded emulator has such faults of its own."""
        fault = {"kind": "aborted", "at": "0", "for": "1s"}
        assert "take client = async" in mistakes_of(fault, client="library", target={"backend": "google"})
        assert Plan.model_validate({"probes": {"key_get": {}}, "faults": [fault], "client": "library"}).faults

    def test_none_begins_when_all_is_over(self) -> None:
        """It would only make the run longer."""
        fault = {"kind": "pause", "at": "41s"}
        assert "are over" in mistakes_of(fault, entities=10, rate="1/s", deadline="30s")

    def test_names_are_not_given_twice(self) -> None:
        """A history tells faults apart by their names."""
        assert 'two are called "x"' in mistakes_of({"kind": "pause", "name": "x"}, {"kind": "aborted", "name": "x"})
