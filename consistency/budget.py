"""Budget: what a plan will do before it does it: calls, time, and bytes of history.

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
from consistency.plan import Plan, Probe
from consistency.schedule import Train, plan_streams

BYTES_PER_CALL: Final = 320  # two lines of history, measured with names of 36 characters


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
    history_bytes: int


@dataclass(frozen=True, slots=True)
class Budget:
    """A run that goes as it should, and one in which nothing is ever seen. `entities` are those of all streams."""

    entities: int
    typical: Expense
    worst: Expense


def draw_up_budget(plan: Plan, *, readers: int = 1, cleaned: bool = True) -> Budget:
    """What `plan` takes with so many readers of each action; `cleaned`: every entity is deleted afterwards."""
    streams = plan_streams(plan)
    writes = plan.entities * len(streams)
    probes = [plan.probes[action] for stream in streams for action in stream.actions]
    typical = sum(1 + probe.confirm for probe in probes)
    worst = sum(count_attempts_max(probe, plan.deadline_ns) for probe in probes)
    trains = [Train.of(probe) for probe in probes]
    confirmed_s = max(train.confirm_for_ns if train.confirm else 0 for train in trains) / NS_PER_S
    written_s = float((plan.entities - 1 + max(stream.phase for stream in streams)) / plan.rate_per_s)
    deletes, searches = writes if cleaned else 0, plan.entities * readers
    return Budget(
        writes,
        typical=_price(Calls(writes, searches * typical, deletes), written_s + confirmed_s),
        worst=_price(Calls(writes, searches * worst, deletes), written_s + plan.deadline_ns / NS_PER_S + confirmed_s),
    )


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


def _price(calls: Calls, duration_s: float) -> Expense:
    return Expense(calls, duration_s, BYTES_PER_CALL * (calls.writes + calls.reads))
