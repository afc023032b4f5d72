"""Expectation: what a reader looks for that is told of nothing: names and due times are functions of the plan.

A plan, a seed and the start come in; announcements go out, each a lead before the write is due, and soundings of the
service's clock beside them. Whether and when a write was acknowledged only its writer knows: the reader polls through
that instant, and judging takes it from the writer's history.

    looks from here   due          acknowledged            as long as a prompt write could be searched for
         |---lead------|---call------|---------- deadline ----------|-lead-|
         x  x  x  x  x  x  x  x  x  x  x  x  hit
         misses that say nothing       first attempt that does

The lead covers two clocks that are wrong; a wider one costs polls, and a narrower one first attempts that are late.
"""

import heapq
from collections.abc import Iterator

from consistency.budget import Budget, draw_up_reading
from consistency.channel import Receiver
from consistency.clock import Clock
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.errors import UsageError
from consistency.operation import Action, Announcement, Outcome
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.schedule import Stream, name_item, plan_streams, write_due_ns
from consistency.store import NOTHING, Store, StoreError
from consistency.target import Backend
from consistency.workload import LIFECYCLES

LEAST_LEAD_NS = NS_PER_S // 5
SOUNDING_NS = 2 * NS_PER_S
REACHED = {Backend.ATTACHED, Backend.LIVE}


def choose_lead_ns(wall_bound_ns: int | None) -> int:
    """How long before a write is due to look: twice what this host's clock may be off by, and never hardly at all."""
    return max(2 * (wall_bound_ns or 0), LEAST_LEAD_NS)


def choose_patience_ns(plan: Plan, lead_ns: int) -> int:
    """How much longer than the deadline to look: the write may be acknowledged by its time-out, and clocks be wrong."""
    return parse_duration_ns(plan.call_timeout) + 2 * lead_ns


def require_readable(plan: Plan) -> None:
    """Raise UsageError where only the writer could tell what is to be seen, or other hosts do not reach the store."""
    if plan.target.backend not in REACHED:
        raise UsageError(
            f"--start is for a store that several hosts reach, and the target is {plan.target.backend}. Start one "
            "(consistency serve --host-port 0.0.0.0:8081), then name it: --host HOST:8081. Or --target live."
        )
    absent = [action for action in plan.probes if plan.wants_absence(action)]
    if absent or Action.ORDERED_QUERY in plan.probes or plan.workload.is_transactional:
        what = "transactions" if plan.workload.is_transactional else str((absent or [Action.ORDERED_QUERY])[0])
        raise UsageError(
            f"--start: without announcements nobody can look for what {what} shows. "
            "Leave it out and join through the queue file, or take another workload."
        )


def draw_up_calls(plan: Plan, wall_bound_ns: int | None) -> Budget:
    """What such a reader takes on a host whose clock is off by `wall_bound_ns` at most."""
    lead_ns = choose_lead_ns(wall_bound_ns)
    return draw_up_reading(plan, lead_ns, choose_patience_ns(plan, lead_ns), SOUNDING_NS)


async def expect(plan: Plan, seed: int, clock: Clock, start_ns: int, lead_ns: int) -> Receiver:
    """Every write that readers are to look for, `lead_ns` before it is due. `start_ns`: when the first one is."""
    streams = (_foresee(plan, seed, stream, start_ns - lead_ns) for stream in plan_streams(plan))
    for announcement in heapq.merge(*streams, key=lambda each: each.acknowledged_ns):
        await clock.sleep_until_ns(announcement.acknowledged_ns)
        yield announcement


def _foresee(plan: Plan, seed: int, stream: Stream, start_ns: int) -> Iterator[Announcement]:
    revision = len(LIFECYCLES[plan.workload])
    for index in range(plan.entities):
        begin_ns = write_due_ns(start_ns, plan.rate_per_s, stream, index) + plan.life_ns
        yield Announcement(stream.name, index, name_item(seed, stream, index), revision, begin_ns, Outcome.INFO)


async def sound(store: Store, recorder: Recorder, clock: Clock, from_ns: int, until_ns: int) -> None:
    """Ask the service what time it is, now and then, by strong gets of what nobody writes; none after one that has no
    stamp: such a service never gives one."""
    at_ns = max(from_ns, clock.now_ns())
    while at_ns <= until_ns:
        await clock.sleep_until_ns(at_ns)
        at_ns += SOUNDING_NS
        asked_ns = clock.now_ns()
        try:
            sighting = await store.lookup(NOTHING)
        except StoreError:  # the probes beside it meet and record the same
            continue
        if sighting.server_ns is None:
            return
        recorder.sound(asked_ns, clock.now_ns(), sighting.server_ns)
