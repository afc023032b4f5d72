"""The schedule: from plan and seed to names, due times and attempt times. Pure: it never waits and never asks a clock.

Every name and due time is a function of (seed, stream, index) and (start, rate, index), so that a reader on another
machine, or one that was restarted, knows what to look for without being told.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha1
from random import Random
from typing import NamedTuple

from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.fault import Fault, Worker
from consistency.operation import UNDER_ANCESTORS, Action, Item
from consistency.plan import Plan
from consistency.probing import Probe

GRANDPA = "grandpa"
_NAMES = uuid.UUID("6f1d3f3a-6f5c-5c2b-9d57-7d6f0d9f2a11")  # our own name space for version 5 UUIDs
SHARED = "shared"


@dataclass(frozen=True)
class Stream:
    """Entities that are written one after another: `actions` are the probes that look for them.

    `phase` in [0, 1): where in a period this stream's writes lie, so that streams do not collide. What lies under
    ancestors is spread over so many entity `groups`, whose roots are called `root`, `root`-1, and so on.
    """

    name: str
    actions: tuple[Action, ...]
    phase: Fraction
    groups: int = 1
    root: str = GRANDPA

    @property
    def has_ancestor(self) -> bool:
        """Whether its entities lie under the ancestors that an ancestor query names."""
        return not UNDER_ANCESTORS.isdisjoint(self.actions)


def plan_streams(plan: Plan) -> tuple[Stream, ...]:
    """One stream for each probe, or one for all of them where the plan gives up isolation; both, side by side, where it
    compares the two; one for each writer where it is about transactions, which are to collide."""
    if plan.workload.is_transactional:
        return tuple(Stream(f"{plan.workload}-{place + 1}", (), Fraction(0)) for place in range(plan.writers))
    actions = tuple(plan.probes)
    of_probes = [(str(action), (action,), GRANDPA) for action in actions] if plan.probe_isolation else []
    of_all = [(SHARED, actions, f"{GRANDPA}-{SHARED}" if of_probes else GRANDPA)]
    named = of_probes + (of_all if plan.interference or not of_probes else [])
    return tuple(
        Stream(name, probed, Fraction(place, len(named)), plan.groups, root)
        for place, (name, probed, root) in enumerate(named)
    )


class Arm(NamedTuple):
    """Streams whose entities are probed in the same way: all of a run, or, where it compares, isolated and shared ones.

    The processes of a named arm carry its name, so that a history tells what was probed how.
    """

    name: str
    streams: tuple[Stream, ...]

    def name_processes(self, role: str, count: int) -> list[str]:
        """ "reader"; "reader-shared"; of several "reader-1", "reader-2"."""
        whole = f"{role}-{self.name}" if self.name else role
        return [whole] if count == 1 else [f"{whole}-{place + 1}" for place in range(count)]


def plan_arms(plan: Plan) -> list[Arm]:
    """The run's arms."""
    streams = plan_streams(plan)
    return [Arm("", streams[:-1]), Arm(SHARED, streams[-1:])] if plan.interference else [Arm("", streams)]


def name_item(seed: int, stream: Stream, index: int) -> Item:
    """Entity number `index` of `stream`: a UUID made from (seed, stream, index)."""
    name = _name_uuid(f"{seed}/{stream.name}/{index}")
    if not stream.has_ancestor:
        return Item(name, name)
    group = index % stream.groups
    return Item(f"{stream.root}-{group}" if group else stream.root, name)


def name_keys(count: int, groups: int) -> tuple[Item, ...]:
    """The items that transactions are about, spread over so many entity groups."""
    return tuple(Item(f"group-{place % groups}", f"key-{place}") for place in range(count))


def _name_uuid(text: str) -> str:
    """str(uuid.uuid5(_NAMES, text)), whose object takes four fifths of the time: SHA-1 with version and variant set."""
    digest = sha1(_NAMES.bytes + text.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def write_due_ns(start_ns: int, rate_per_s: Fraction, stream: Stream, index: int) -> int:
    """When write number `index` of `stream` is due on the run clock: exactly index / rate after the stream's first."""
    places = index * stream.phase.denominator + stream.phase.numerator  # in periods / phase.denominator
    return start_ns + places * NS_PER_S * rate_per_s.denominator // (stream.phase.denominator * rate_per_s.numerator)


@dataclass(frozen=True)
class PlannedFault:
    """A fault of the plan on the run clock. One that the plan does not name is called by kind and place: latency-1."""

    name: str
    fault: Fault
    begins_ns: int
    ends_ns: int


class Change(NamedTuple):
    """At `at_ns` of the run clock a fault begins (`active`) or ends."""

    at_ns: int
    planned: PlannedFault
    active: bool


def plan_changes(plan: Plan, start_ns: int) -> list[Change]:
    """Every change of every fault by time, what ends before what begins. `start_ns`: the first due write."""
    changes = []
    for place, fault in enumerate(plan.faults, 1):
        name = fault.name or f"{fault.kind}-{place}"
        planned = PlannedFault(name, fault, start_ns + fault.at_ns, start_ns + fault.end_ns)
        changes += [Change(planned.begins_ns, planned, True), Change(planned.ends_ns, planned, False)]
    return sorted(changes, key=lambda change: (change.at_ns, change.active))


def clock_shift_ns(plan: Plan, worker: Worker, since_ns: int) -> int:
    """By how much the plan's faults have put `worker`'s clock ahead, `since_ns` after the first due write."""
    return sum(fault.clock_shift_ns(since_ns) for fault in plan.faults if fault.worker is worker)


def bound_clocks_ns(plan: Plan) -> int:
    """How far apart the plan's faults may put the writer's and the readers' clocks.

    Shifts are straight between the changes of faults, so no shift is larger than at one of their ends.
    """
    ends_ns = [0, *(at_ns for fault in plan.faults for at_ns in (fault.at_ns, fault.end_ns - 1))]
    return sum(max(abs(clock_shift_ns(plan, worker, at_ns)) for at_ns in ends_ns) for worker in Worker)


@dataclass(frozen=True)
class Train:
    """A probe's times as numbers: when, counted from the start of a search, its attempts are due."""

    interval_ns: int
    dither: bool
    backoff: float
    backoff_after_ns: int
    max_interval_ns: int
    confirm: int
    confirm_for_ns: int

    @classmethod
    def of(cls, probe: Probe) -> "Train":
        """The train that `probe` describes."""
        return cls(
            parse_duration_ns(probe.interval),
            probe.dither,
            probe.backoff,
            parse_duration_ns(probe.backoff_after),
            max(parse_duration_ns(probe.max_interval), parse_duration_ns(probe.interval)),
            probe.confirm,
            parse_duration_ns(probe.confirm_for),
        )

    def attempt_offsets_ns(self, random: Random) -> Iterator[int]:
        """Offsets of the attempts of one search, without end.

        start |--phase--|---interval---|---interval---|------longer------|  the first attempt is at once, as an
              0         1              2              3                  4  application's would be; a random phase
                                                                            keeps polls from locking to a fixed lag
        """
        yield 0
        interval_ns = self.interval_ns
        offset_ns = int(random.random() * interval_ns) if self.dither else interval_ns
        while True:
            yield offset_ns
            if offset_ns >= self.backoff_after_ns:
                interval_ns = min(int(interval_ns * self.backoff), self.max_interval_ns)
            offset_ns += interval_ns

    def confirm_offsets_ns(self, made: int = 0) -> Iterator[int]:
        """Offsets after the first hit of the confirming attempts that are still to be made."""
        for place in range(made + 1, self.confirm + 1):
            yield self.confirm_for_ns * place // self.confirm
