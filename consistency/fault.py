"""Faults, as a plan asks for them: what goes wrong, from when, for how long.

    [[faults]]                            at    the first write is due at 0
    at   = "10s"                          |--------------|==== for ====|----------->
    for  = "5s"                                       the fault is active
    kind = "latency"
    rpc  = "run_query"
    delay = "uniform:100ms,1s"

A mapping comes in, a frozen Fault goes out, or all that is wrong with it. What each kind takes stands in one table,
because a setting that a kind does not have would otherwise be passed over in silence.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from consistency.durations import parse_duration_ns
from consistency.quantities import DelayText, Duration, Part, PositiveDuration, Shift, parse_shift_ns


class FaultKind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"  # a request is held back before it is sent; with a replica: what that replica serves
    UNAVAILABLE = "unavailable"  # nothing is sent
    DEADLINE_EXCEEDED = "deadline_exceeded"  # sent or not, no answer comes in time
    RESOURCE_EXHAUSTED = "resource_exhausted"  # refused by the service
    ABORTED = "aborted"  # refused for contention
    LOST_ACKNOWLEDGEMENT = "lost_acknowledgement"  # done, and the answer is lost
    DUPLICATE_DELIVERY = "duplicate_delivery"  # sent twice
    PAUSE = "pause"  # the whole store stands still, then does all that was asked
    PARTITION = "partition"  # a replica gets no commits until it heals
    CRASH = "crash"  # a replica answers nothing, and catches up afterwards
    RESTART = "restart"  # the emulator's process is killed and started again with its data
    CLOCK_STEP = "clock_step"  # a worker's clock is off by `shift`
    CLOCK_SKEW = "clock_skew"  # a worker's clock gains `drift` seconds a second
    QUEUE_DELAY = "queue_delay"  # announcements reach the readers late


class Rpc(StrEnum):
    """The calls of the service that a fault may be about."""

    LOOKUP = "lookup"
    RUN_QUERY = "run_query"
    RUN_AGGREGATION_QUERY = "run_aggregation_query"
    COMMIT = "commit"
    ROLLBACK = "rollback"


class Worker(StrEnum):
    """Whose clock may be wrong."""

    WRITER = "writer"
    READER = "reader"


class Side(StrEnum):
    """Where a fault is switched."""

    CALLS = "calls"  # on the way of single requests to the store
    STORE = "store"  # within the store
    CLOCK = "clock"  # in a worker's clock
    QUEUE = "queue"  # on the way of announcements to the readers


_OF_CALLS = ("rpc", "share")
TAKES: dict[FaultKind, tuple[tuple[str, ...], tuple[str, ...]]] = {  # kind: (what it needs, what it may have)
    FaultKind.LATENCY: (("delay",), (*_OF_CALLS, "replica")),
    FaultKind.UNAVAILABLE: ((), _OF_CALLS),
    FaultKind.DEADLINE_EXCEEDED: ((), _OF_CALLS),
    FaultKind.RESOURCE_EXHAUSTED: ((), _OF_CALLS),
    FaultKind.ABORTED: ((), _OF_CALLS),
    FaultKind.LOST_ACKNOWLEDGEMENT: ((), _OF_CALLS),
    FaultKind.DUPLICATE_DELIVERY: ((), (*_OF_CALLS, "delay")),
    FaultKind.PAUSE: ((), ()),
    FaultKind.PARTITION: (("replica",), ()),
    FaultKind.CRASH: (("replica",), ()),
    FaultKind.RESTART: ((), ()),
    FaultKind.CLOCK_STEP: (("worker", "shift"), ()),
    FaultKind.CLOCK_SKEW: (("worker", "drift"), ()),
    FaultKind.QUEUE_DELAY: (("delay",), ()),
}
_SIDES = {
    FaultKind.PARTITION: Side.STORE,
    FaultKind.CRASH: Side.STORE,
    FaultKind.RESTART: Side.STORE,
    FaultKind.CLOCK_STEP: Side.CLOCK,
    FaultKind.CLOCK_SKEW: Side.CLOCK,
    FaultKind.QUEUE_DELAY: Side.QUEUE,
}
_OF_ALL = frozenset({"at", "lasts", "kind", "name"})


class Fault(Part):
    """One fault. `share` of the calls of `rpc` (of every call, where none is named) meet it."""

    at: Duration
    lasts: Annotated[PositiveDuration, Field(alias="for")]
    kind: FaultKind
    name: str = ""
    rpc: Rpc | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    delay: DelayText | None = None
    replica: Annotated[int, Field(ge=0)] | None = None
    worker: Worker | None = None
    shift: Shift | None = None
    drift: Annotated[float, Field(gt=-1, lt=10, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed, possible = TAKES[self.kind]
        mistakes = [f"{self.kind} needs {word}" for word in needed if getattr(self, word) is None]
        for word, declared in type(self).model_fields.items():
            if word not in {*_OF_ALL, *needed, *possible} and getattr(self, word) != declared.default:
                mistakes.append(f"{self.kind} has no {word}")
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    @property
    def side(self) -> Side:
        """Where it has to be switched."""
        if self.kind in _SIDES:
            return _SIDES[self.kind]
        return Side.CALLS if self.replica is None else Side.STORE

    @property
    def at_ns(self) -> int:
        """When it begins, counted from the first due write."""
        return parse_duration_ns(self.at)

    @property
    def end_ns(self) -> int:
        """When it ends, counted from the first due write."""
        return self.at_ns + parse_duration_ns(self.lasts)

    def clock_shift_ns(self, since_ns: int) -> int:
        """By how much its worker's clock is ahead, `since_ns` after the first due write: 0 outside its time.

        step  ____|------|____        skew  ____/|____      a clock that is set right again jumps back
        """
        if not self.at_ns <= since_ns < self.end_ns:
            return 0
        if self.kind is FaultKind.CLOCK_STEP:
            return parse_shift_ns(str(self.shift))
        return int((self.drift or 0.0) * (since_ns - self.at_ns)) if self.kind is FaultKind.CLOCK_SKEW else 0

    def describe(self) -> str:
        """The fault in a few words, without its times: "latency uniform:100ms,1s on run_query, 50 % of calls"."""
        of_rpc = f" on {self.rpc}" if self.rpc else ""
        words = [f"{self.kind.replace('_', ' ')}{f' {self.delay}' if self.delay else ''}{of_rpc}"]
        words += [f"{100 * self.share:g} % of calls"] if self.share < 1 else []
        words += [f"replica {self.replica}"] if self.replica is not None else []
        words += [f"the {self.worker}'s clock"] if self.worker else []
        words += [f"{self.shift}" if self.shift else f"{self.drift:+g} s a second"] if self.worker else []
        return ", ".join(words)


def find_misfits(faults: Sequence[Fault], backend: str, replicas: int, client: str, length_ns: int) -> Iterator[str]:
    """What this target or client cannot have, and what a run of this length has no time for: one sentence each.

    `replicas`: how many it has that can be told apart.
    """
    names = [fault.name for fault in faults if fault.name]
    yield from (f'faults: two are called "{name}"' for name in sorted({n for n in names if names.count(n) > 1}))
    for fault in faults:
        about = f"faults: {fault.describe()}"
        if fault.at_ns >= length_ns:
            yield f"{about}: it would begin at {fault.at}, when all writes and searches are over"
        if fault.replica is not None and not replicas:
            yield f"{about}: only the embedded emulator's models replicas and quorum have replicas that differ"
        elif fault.replica is not None and fault.replica >= replicas:
            yield f"{about}: the {replicas} replicas are numbered from 0"
        if fault.kind is FaultKind.RESTART and backend != "embedded":
            yield f"{about}: only the embedded emulator is a process of ours that can be started again with its data"
        if fault.side is Side.CALLS and client == "library" and backend != "embedded":
            yield (
                f"{about}: it happens to single requests, which the library's client hides, and only the embedded "
                "emulator has such faults of its own: take client = async"
            )
