"""Milestones A and B of every replica in one plan: (A of replica 0, B of replica 0, A of replica 1, ...).

    commit        A                    B
    |-------------|--------------------|---------->      A_i = max(A_{i-1}, commit + a)
      old rows,     old rows,            new rows,        B_i = max(B_{i-1}, A_i + b)
      old bodies    new bodies           new bodies       a, b drawn at the commit

Per group and replica in log order: an entry never overtakes the one before it.
"""

from collections.abc import Sequence
from random import Random

from consistency.delays import Delay, parse_delay
from consistency.emulator.models.policy import Log, before


def parse_delays(text: str, replicas: int) -> list[Delay]:
    """One Delay for each replica, from one text for all of them or from one for each, divided by "|"."""
    parts = [parse_delay(part.strip()) for part in text.split("|")]
    return parts * replicas if len(parts) == 1 else parts


def draw_plan(
    delays: Sequence[tuple[Delay, Delay]], earlier: Sequence[int], now_ns: int, random: Random
) -> tuple[int, ...]:
    """A and B of an entry that is planned now, behind an entry with the plan `earlier`."""
    plan: list[int] = []
    for replica, (apply_a, apply_b) in enumerate(delays):
        applied_a_ns = max(earlier[2 * replica], now_ns + apply_a.draw_ns(random))
        plan += (applied_a_ns, max(earlier[2 * replica + 1], applied_a_ns + apply_b.draw_ns(random)))
    return tuple(plan)


def find_positions(log: Log, place: int, now_ns: int) -> tuple[int, int]:
    """The last entry with A reached and the last with B, of the replica whose A is at `place` of each plan.

    An instant belongs to what it begins.
    """
    bodies = rows = none = before(log)
    for entry in reversed(log):
        plan = entry.plan
        if bodies == none and plan[place] <= now_ns:
            bodies = entry.version
        if plan[place + 1] <= now_ns:
            rows = entry.version
            break
    return bodies, rows


def pair_up(plan: Sequence[int]) -> Sequence[tuple[int, int]]:
    """(A, B) of each replica."""
    return tuple(zip(plan[::2], plan[1::2], strict=True))
