"""Budget: what a plan will do before it does it: calls, time, and bytes on the disk.

A Plan comes in, a Budget goes out, twice: the typical run, in which the first attempt of every search hits, and the
worst, in which no entity is ever seen and every search polls until its deadline. The worst is far more than the typical
(hundreds of times for short intervals without backoff), and it is what a cap must be held against.

What the calls cost is in `prices`, because prices change and calls do not.
"""

from dataclasses import dataclass, replace
from itertools import takewhile
from random import Random
from typing import Final

from consistency.durations import NS_PER_S
from consistency.operation import Action
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.schedule import Train, plan_streams
from consistency.workload import LIFECYCLES

BYTES_PER_CALL: Final = 1024  # two lines of history (320, measured), and its share of truth, queue and report


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls by what they are billed as; a search's attempt is one read, whatever it finds."""

    writes: int
    reads: int
    deletes: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.writes + self.reads + self.deletes


@dataclass(frozen=True, slots=True)
class Expense:
    """One way in which a run may go."""

    calls: Calls
    duration_s: float
    disk_bytes: int


@dataclass(frozen=True, slots=True)
class Budget:
    """A run that goes as it should, and one in which nothing is ever seen. `entities` are those of all streams."""

    entities: int
    typical: Expense
    worst: Expense


def draw_up_budget(plan: Plan, *, cleaned: bool = True) -> Budget:
    """What `plan` takes; `cleaned`: every entity is deleted afterwards. Of transactions only a bound is known before
    they run: each reads and writes all of the keys at most."""
    if plan.workload.is_transactional:
        return _bound_transactions(plan, cleaned=cleaned)
    streams = plan_streams(plan)
    entities = plan.entities * len(streams)
    probes = [plan.probes[action] for stream in streams for action in stream.actions]
    searches, confirmed_s = plan.entities * plan.readers, max(map(_confirm_s, probes))
    written_s, changes = plan.writing_ns / NS_PER_S, LIFECYCLES[plan.workload]
    writes = entities * sum(change is not Action.DELETE for change in changes)
    deletes = entities * (changes.count(Action.DELETE) + (cleaned and changes[-1] is not Action.DELETE))
    typical = searches * sum(1 + probe.confirm for probe in probes)
    worst = searches * sum(count_attempts_max(probe, plan.deadline_ns) for probe in probes)
    longest_s = written_s + plan.deadline_ns / NS_PER_S + confirmed_s
    return Budget(
        entities,
        typical=_measure(Calls(writes, typical, deletes), written_s + confirmed_s),
        worst=_measure(Calls(writes, worst, deletes), longest_s),
    )


def draw_up_reading(plan: Plan, lead_ns: int, patience_ns: int, sounding_ns: int) -> Budget:
    """What one reader without a channel takes, which writes nothing: it looks for each entity from `lead_ns` before the
    write is due until `patience_ns` behind the deadline, and asks the time every `sounding_ns`. Typical is a hit of the
    first attempt after the write."""
    streams = plan_streams(plan)
    probes = [plan.probes[action] for stream in streams for action in stream.actions]
    longest_ns, confirmed_s = plan.deadline_ns + patience_ns, max(map(_confirm_s, probes))
    sounded = 1 + (plan.writing_ns + longest_ns) // sounding_ns
    typical = sum(1 + count_attempts_max(probe, lead_ns) for probe in probes)
    worst = sum(count_attempts_max(probe, longest_ns) for probe in probes)
    written_s = (plan.writing_ns + lead_ns) / NS_PER_S
    return Budget(
        plan.entities * len(streams),
        typical=_measure(Calls(0, plan.entities * typical + sounded, 0), written_s + confirmed_s),
        worst=_measure(Calls(0, plan.entities * worst + sounded, 0), written_s + longest_ns / NS_PER_S + confirmed_s),
    )


def _bound_transactions(plan: Plan, *, cleaned: bool) -> Budget:
    touched = plan.entities * plan.writers * plan.keys
    expense = _measure(Calls(touched, touched, plan.keys if cleaned else 0), plan.writing_ns / NS_PER_S)
    return Budget(plan.keys, expense, expense)


def _confirm_s(probe: Probe) -> float:
    train = Train.of(probe)
    return train.confirm_for_ns / NS_PER_S if train.confirm else 0.0


def count_attempts_max(probe: Probe, deadline_ns: int) -> int:
    """The most attempts that one search can make: until the deadline without a hit, or a hit at the last moment and
    the confirmations. Dither puts one attempt more before the deadline, where its phase is short:

    start |a------b------b------b  |    undithered: first at once, then each interval
    start |ab------b------b------b |    dithered, with the shortest phase
    """
    train = Train.of(probe)
    offsets_ns = replace(train, dither=False).attempt_offsets_ns(Random(0))
    if train.dither:
        polls = 1 + sum(1 for _ in takewhile(lambda offset_ns: offset_ns < deadline_ns, offsets_ns))
    else:
        polls = sum(1 for _ in takewhile(lambda offset_ns: offset_ns <= deadline_ns, offsets_ns))
    return polls + train.confirm


def _measure(calls: Calls, duration_s: float) -> Expense:
    return Expense(calls, duration_s, BYTES_PER_CALL * calls.total)
