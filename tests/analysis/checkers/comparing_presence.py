"""Comparisons of the checkers of presence, matches, order and agreement with their definitions.

A seed and a number come in, the histories on which the two differ go out; all are items of one large history. What the
definition never finds is no comparison, so each looks that it found something in one of 50 at least.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.checkers.registers import gather_registers
from consistency.analysis.checkers.set_full import follow_items
from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome
from tests.analysis.checkers import brute_presence as brute
from tests.analysis.checkers.drawing_presence import (
    Draw,
    draw_changes,
    draw_element,
    draw_search,
    draw_simultaneous,
)
from tests.analysis.checkers.notation import Op, build_history

Drawn = dict[str, list[Op]]


def draw_items(draw: Draw, seed: int, count: int) -> Drawn:
    """`count` items by name."""
    random = Random(seed)
    return {name: draw(random, name) for name in (f"i{number}" for number in range(count))}


def compare_counts(checker: str, draw: Draw, define: Callable[[brute.Ops], int]) -> Callable[[int, int], list[Drawn]]:
    """How many anomalies each item has."""

    def compare(seed: int, count: int) -> list[Drawn]:
        drawn = draw_items(draw, seed, count)
        found = Counter(anomaly.item.name for anomaly in CHECKERS[checker](_join(drawn), 0).anomalies)
        expected = {name: define(ops) for name, ops in drawn.items()}
        assert sum(map(bool, expected.values())) >= count // 50
        return [{name: drawn[name]} for name in drawn if found[name] != expected[name]]

    return compare


def compare_fates(seed: int, count: int) -> list[Drawn]:
    """What became of each element by set-full, and when."""
    drawn = draw_items(draw_element, seed, count)
    registers = gather_registers(_join(drawn))
    fates = follow_items(registers)
    stable, lost = fates.stable, fates.lost
    stable_ns, lost_ns = fates.stable_ns().tolist(), fates.lost_ns().tolist()
    found = {}
    for place, name in enumerate(registers.names):
        of_lost = brute.Fate("lost", lost_ns[place]) if lost[place] else brute.Fate("never read")
        found[name] = brute.Fate("stable", stable_ns[place]) if stable[place] else of_lost
    return [{name: ops} for name, ops in drawn.items() if found[name] != brute.find_fate(ops)]


def compare_ordered_answers(seed: int, count: int) -> list[Sequence[int]]:
    """Answers that are not newest first."""
    random = Random(seed)
    answers = [tuple(random.sample(range(9), random.randint(0, 4))) for _ in range(count)]
    events: list[Event] = []
    for op, answer in enumerate(answers):
        events.append(Invocation(op, "r", Action.ORDERED_QUERY, Item("a", "a"), 10 * op, 10 * op))
        events.append(Completion(op, "r", 10 * op + 5, Outcome.OK, seen=1, order=answer))
    found = {each.ops[0].op for each in CHECKERS["wrong_order"](History.of(events), 0).anomalies}
    return [answer for op, answer in enumerate(answers) if (op in found) != brute.is_disordered(answer)]


def _join(drawn: Drawn) -> History:
    return build_history([op for ops in drawn.values() for op in ops])


PRESENCE: dict[str, Callable[[int, int], Sequence[object]]] = {
    "set-full": compare_counts("set_full", draw_element, brute.count_lost),
    "set-full, fates and latencies": compare_fates,
    "lost": compare_counts("lost", draw_element, brute.count_lost_after_sight),
    "never read": compare_counts("never_read", draw_element, brute.count_never_read),
    "flicker": compare_counts("flicker", draw_search, brute.count_flickers),
    "ghosts": compare_counts("ghosts", draw_changes, brute.count_ghosts),
    "missing": compare_counts("missing", draw_changes, brute.count_missing),
    "stale match": compare_counts("stale_match", draw_changes, brute.count_stale_matches),
    "agreement": compare_counts("agreement", draw_simultaneous, brute.count_disagreements),
    "wrong order": compare_ordered_answers,
}
