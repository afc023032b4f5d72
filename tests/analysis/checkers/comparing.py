"""Comparisons of every checker with its definition, on as many random small histories as are asked for.

A seed and a number come in, the histories on which the two differ go out. The histories of one comparison are the items
of one large history, so that what is compared is also that no rule crosses from one item into the next.
"""

from collections.abc import Callable, Sequence
from math import inf
from random import Random

import numpy as np

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.checkers.clusters import gather_clusters
from consistency.analysis.checkers.freshness import count_missed, measure_freshness
from consistency.analysis.checkers.k_atomicity import INFINITE, bound_k
from consistency.analysis.checkers.linearizability import search_items
from consistency.analysis.checkers.partners import ALWAYS, Scores, score_delta, score_gamma
from consistency.analysis.checkers.registers import Registers, gather_registers
from consistency.analysis.checkers.search import search_order
from consistency.analysis.checkers.session_order import is_causal, is_sequential, list_turns
from consistency.history import Column, History
from tests.analysis.checkers import brute, brute_orders, brute_sessions
from tests.analysis.checkers.comparing_presence import PRESENCE
from tests.analysis.checkers.comparing_transactions import TRANSACTIONS
from tests.analysis.checkers.drawing import (
    draw_atomic_history,
    draw_calls,
    draw_registers,
    draw_session_history,
    rename,
)
from tests.analysis.checkers.notation import Op, build_history

SHIFT_MAX = 60
PARTS = 4  # of a history of sessions, which go on over items that they did not begin with
Drawn = dict[str, list[Op]]
Holds = Callable[[brute.Span, list[brute.Span]], bool]


def join(drawn: Drawn) -> History:
    """One history of all items."""
    return build_history([op for ops in drawn.values() for op in ops])


def compare_reads(checker: str, holds: Holds) -> Callable[[int, int], list[Drawn]]:
    """Items with a read that the definition does not allow, against those that the checker names."""

    def compare(seed: int, count: int) -> list[Drawn]:
        drawn = draw_registers(seed, count)
        spans = {name: brute.take_spans(ops, name) for name, ops in drawn.items()}
        expected = {name for name, all_ in spans.items() if not all(one.writes or holds(one, all_) for one in all_)}
        found = {anomaly.item.name for anomaly in CHECKERS[checker](join(drawn), 0).anomalies}
        return _differ(drawn, found ^ expected)

    return compare


def compare_versions_behind(seed: int, count: int) -> list[Drawn]:
    """How many newer versions each item's worst read missed."""
    drawn = draw_registers(seed, count)
    registers = gather_registers(join(drawn))
    known = np.flatnonzero(registers.source >= 0)
    found = highest_by_item(registers, registers.reads.item[known], count_missed(registers, known))
    return _differ_by(drawn, found, lambda spans: max(len(brute.missed(s, spans)) for s in spans if not s.writes))


def compare_ages(seed: int, count: int) -> list[Drawn]:
    """Since when the first of them had finished."""
    drawn = draw_registers(seed, count)
    registers = gather_registers(join(drawn))
    found = highest_by_item(registers, registers.reads.item, measure_freshness(registers).behind_ns)

    def expect(spans: list[brute.Span]) -> float:
        missed = [(read, brute.missed(read, spans)) for read in spans if not read.writes]
        return max((read.start - min(u.finish for u in newer) for read, newer in missed if newer), default=0)

    return _differ_by(drawn, found, expect)


def compare_zones(seed: int, count: int) -> list[Drawn]:
    """Linearizability by zones against every order of the calls."""
    drawn = draw_registers(seed, count)
    found = {anomaly.item.name for anomaly in CHECKERS["linearizable"](join(drawn), 0).anomalies}
    expected = {name for name, ops in drawn.items() if not brute.is_k_atomic(brute.take_spans(ops, name), 1)}
    return _differ(drawn, found ^ expected)


def compare_item_search(seed: int, count: int) -> list[Drawn]:
    """The general search of the same items against every order."""
    drawn = draw_registers(seed, count)
    registers = gather_registers(join(drawn))
    found = {registers.names[item] for item in search_items(registers, range(registers.items), 10**7).illegal}
    expected = {name for name, ops in drawn.items() if not brute.is_k_atomic(brute.take_spans(ops, name), 1)}
    return _differ(drawn, found ^ expected)


def compare_search(seed: int, count: int) -> list[object]:
    """Repeated values and compare-and-set, from 0."""
    random = Random(seed)
    histories = (draw_calls(random) for _ in range(count))
    return [calls for calls in histories if search_order(calls, 0).found is not brute_orders.has_order(calls)]


def compare_k(*, sequential: bool) -> Callable[[int, int], list[Drawn]]:
    """k against the smallest for which some order is k-atomic: within the bounds, which meet where it is exact."""

    def compare(seed: int, count: int) -> list[Drawn]:
        drawn = draw_registers(seed, count, sequential=sequential)
        registers = gather_registers(join(drawn))
        bounds = bound_k(registers)
        wrong = set()
        for name, lower, upper in zip(registers.names, bounds.lower.tolist(), bounds.upper.tolist(), strict=True):
            k = brute.find_k(brute.take_spans(drawn[name], name))
            within = lower <= (INFINITE if k == inf else k) <= upper
            wrong |= set() if within and not (sequential and lower < upper) else {name}
        return _differ(drawn, wrong)

    return compare


def compare_scores(score: Callable[..., Scores], expect: Callable[..., float]) -> Callable[[int, int], list[Drawn]]:
    """The worst score of each item against the smallest shift that makes some order legal."""

    def compare(seed: int, count: int) -> list[Drawn]:
        drawn = draw_registers(seed, count)
        registers = gather_registers(join(drawn))
        clusters = gather_clusters(registers)
        worst = highest_by_item(registers, clusters.item, score(clusters).ns)
        found = {name: inf if ns == ALWAYS else ns for name, ns in worst.items()}
        return _differ_by(drawn, found, lambda spans: expect(spans, SHIFT_MAX))

    return compare


def compare_sessions(
    checker: str, breaks: brute_sessions.Guarantee, items: str = "xy", calls: int = 10
) -> Callable[[int, int], list[list[Op]]]:
    """How many reads of each history break a guarantee; four drawn histories are one. Some are broken only where many
    calls are about one item."""

    def compare(seed: int, count: int) -> list[list[Op]]:
        random, wrong = Random(seed), []
        for _ in range(count // PARTS):
            ops = [op for part in range(PARTS) for op in rename(draw_session_history(random, items, calls), part)]
            expected = sum(op.verb == "R" and breaks(op, ops) for op in ops)
            if len(CHECKERS[checker](build_history(ops), 0).anomalies) != expected:
                wrong.append(ops)
        return wrong

    return compare


def compare_orders(*, causal: bool) -> Callable[[int, int], list[list[Op]]]:
    """Sequential or causal consistency against every order of the sessions' calls."""

    def compare(seed: int, count: int) -> list[list[Op]]:
        random, wrong = Random(seed), []
        for _ in range(count):
            ops = draw_session_history(random, calls=6)
            history = build_history(ops)
            turns = list_turns(history, gather_registers(history))
            found = is_causal(turns) if causal else is_sequential(turns)
            if found is not (brute_orders.is_causal(ops) if causal else brute_orders.is_sequential(ops)):
                wrong.append(ops)
        return wrong

    return compare


def compare_false_alarms(seed: int, count: int) -> list[tuple[str, list[Op]]]:
    """Checkers that find something in a history in which nothing is wrong, though values come again."""
    random, wrong = Random(seed), []
    for _ in range(count // PARTS):
        ops = [op for part in range(PARTS) for op in rename(draw_atomic_history(random), part)]
        history = build_history(ops)
        wrong += [(name, ops) for name in OF_ATOMIC if CHECKERS[name](history, 0).anomalies]
    return wrong


OF_ATOMIC = set(CHECKERS) - {"flicker", "lost", "set_full", "agreement"}  # a deletion may be seen by these


def highest_by_item(registers: Registers, item: Column, values: Column) -> dict[str, float]:
    """The highest value of each item, 0 at least."""
    highest = np.zeros(registers.items, np.int64)
    np.maximum.at(highest, item, values)
    return dict(zip(registers.names, highest.tolist(), strict=True))


def _differ_by(drawn: Drawn, found: dict[str, float], expect: Callable[[list[brute.Span]], float]) -> list[Drawn]:
    return _differ(drawn, {name for name, ops in drawn.items() if found[name] != expect(brute.take_spans(ops, name))})


def _differ(drawn: Drawn, names: set[str]) -> list[Drawn]:
    return [{name: drawn[name]} for name in sorted(names)]


def _is_atomic(read: brute.Span, spans: list[brute.Span]) -> bool:
    return brute.is_regular(read, spans) and not brute.is_inverted(read, spans)


COMPARISONS: dict[str, Callable[[int, int], Sequence[object]]] = {
    "safe": compare_reads("safe", brute.is_safe),
    "regular": compare_reads("regular", brute.is_regular),
    "atomic": compare_reads("atomic", _is_atomic),
    "versions behind": compare_versions_behind,
    "time behind": compare_ages,
    "linearizable by zones": compare_zones,
    "linearizable by search": compare_item_search,
    "repeated values and compare-and-set": compare_search,
    "k, one writer": compare_k(sequential=True),
    "k, several writers": compare_k(sequential=False),
    "gamma": compare_scores(score_gamma, brute.find_gamma),
    "delta": compare_scores(score_delta, brute.find_delta),
    "read your writes": compare_sessions("read_your_writes", brute_sessions.breaks_read_your_writes),
    "monotonic reads": compare_sessions("monotonic_reads", brute_sessions.breaks_monotonic_reads),
    "monotonic writes": compare_sessions("monotonic_writes", brute_sessions.breaks_monotonic_writes),
    "writes follow reads": compare_sessions("writes_follow_reads", brute_sessions.breaks_writes_follow_reads, "x", 16),
    "read your writes by session": compare_sessions(
        "read_your_writes_by_session", brute_sessions.breaks_read_your_writes_by_session
    ),
    "monotonic by session": compare_sessions("monotonic_by_session", brute_sessions.breaks_monotonic_by_session),
    "writes follow reads by session": compare_sessions(
        "writes_follow_reads_by_session", brute_sessions.breaks_writes_follow_reads_by_session, "x", 16
    ),
    "sequential": compare_orders(causal=False),
    "causal": compare_orders(causal=True),
    "false alarms": compare_false_alarms,
    **PRESENCE,
    **TRANSACTIONS,
}
