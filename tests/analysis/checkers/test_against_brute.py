"""Every checker of registers against its definition, on random small histories."""

from collections.abc import Callable
from math import inf

import numpy as np
import pytest

from consistency.analysis.checkers.classic_registers import check_atomic, check_regular, check_safe
from consistency.analysis.checkers.clusters import gather_clusters
from consistency.analysis.checkers.freshness import count_missed, measure_freshness
from consistency.analysis.checkers.k_atomicity import INFINITE, bound_k
from consistency.analysis.checkers.linearizability import check_linearizable, find_conflicts, search_items
from consistency.analysis.checkers.partners import ALWAYS, Scores, score_delta, score_gamma
from consistency.analysis.checkers.registers import Registers, gather_registers
from consistency.analysis.findings import Finding
from consistency.history import Column, History
from tests.analysis.checkers import brute
from tests.analysis.checkers.drawing import draw_registers
from tests.analysis.checkers.notation import Op, build_history

COUNT = 1000
SEED = 20261121
SHIFT_MAX = 60


def join(drawn: dict[str, list[Op]]) -> History:
    """One history of all items."""
    return build_history([op for ops in drawn.values() for op in ops])


def broken_items(finding: Finding) -> set[str]:
    """The items that a finding names."""
    return {anomaly.item.name for anomaly in finding.anomalies}


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[Op]]:
    """Items with several writers."""
    return draw_registers(SEED, COUNT)


@pytest.fixture(scope="module")
def sequential() -> dict[str, list[Op]]:
    """Items with one sequential writer."""
    return draw_registers(SEED + 1, COUNT, sequential=True)


def expect(drawn: dict[str, list[Op]], holds: Callable[[brute.Span, list[brute.Span]], bool]) -> set[str]:
    """The items of which a read does not hold."""
    spans = {name: brute.take_spans(ops, name) for name, ops in drawn.items()}
    return {name for name, all_ in spans.items() if not all(span.writes or holds(span, all_) for span in all_)}


def highest_by_item(registers: Registers, item: Column, values: Column) -> dict[str, int]:
    """The highest value of each item, 0 at least."""
    highest = np.zeros(registers.items, np.int64)
    np.maximum.at(highest, item, values)
    return dict(zip(registers.names, highest.tolist(), strict=True))


def score_items(drawn: dict[str, list[Op]], scores: Callable[..., Scores]) -> dict[str, float]:
    """The worst score of each item; infinite as a number that says so."""
    registers = gather_registers(join(drawn))
    clusters = gather_clusters(registers)
    worst = highest_by_item(registers, clusters.item, scores(clusters).ns)
    return {name: inf if ns == ALWAYS else ns for name, ns in worst.items()}


class TestClassicRegisters:
    @pytest.mark.parametrize(
        ("check", "holds"),
        [
            (check_safe, brute.is_safe),
            (check_regular, brute.is_regular),
            (check_atomic, lambda read, spans: brute.is_regular(read, spans) and not brute.is_inverted(read, spans)),
        ],
    )
    def test_same_items(
        self,
        drawn: dict[str, list[Op]],
        check: Callable[[History], Finding],
        holds: Callable[[brute.Span, list[brute.Span]], bool],
    ) -> None:
        """Read by read, as the three are defined."""
        assert broken_items(check(join(drawn))) == expect(drawn, holds)

    def test_atomic_is_linearizable_for_one_writer(self, sequential: dict[str, list[Op]]) -> None:
        """Two checkers that share no rule."""
        history = join(sequential)
        assert broken_items(check_atomic(history)) == broken_items(check_linearizable(history))


class TestStaleness:
    def test_same_counts(self, drawn: dict[str, list[Op]]) -> None:
        """How many newer versions each item's worst read missed."""
        registers = gather_registers(join(drawn))
        known = np.flatnonzero(registers.source >= 0)
        found = highest_by_item(registers, registers.reads.item[known], count_missed(registers, known))
        for name, ops in drawn.items():
            spans = brute.take_spans(ops, name)
            assert found[name] == max(len(brute.missed(span, spans)) for span in spans if not span.writes), ops

    def test_same_ages(self, drawn: dict[str, list[Op]]) -> None:
        """Since when the first of them had finished."""
        registers = gather_registers(join(drawn))
        found = highest_by_item(registers, registers.reads.item, measure_freshness(registers).behind_ns)
        for name, ops in drawn.items():
            spans = brute.take_spans(ops, name)
            ages = [span.start - min(u.finish for u in brute.missed(span, spans))
                    for span in spans if not span.writes and brute.missed(span, spans)]  # fmt: skip
            assert found[name] == max(ages, default=0), ops


@pytest.mark.slow
class TestOrders:
    def test_linearizable_by_zones(self, drawn: dict[str, list[Op]]) -> None:
        """Against every order of the calls."""
        expected = {name for name, ops in drawn.items() if not brute.is_k_atomic(brute.take_spans(ops, name), 1)}
        assert broken_items(check_linearizable(join(drawn))) == expected

    def test_zones_and_search_agree(self, drawn: dict[str, list[Op]]) -> None:
        """The general search on the same items."""
        registers = gather_registers(join(drawn))
        found = search_items(registers, range(registers.items), 10**7)
        conflicts = find_conflicts(registers, np.ones(registers.items, bool))
        items = {*registers.reads.item[conflicts.phantoms].tolist(), *registers.writes.item[conflicts.futures].tolist(),
                 *registers.writes.item[conflicts.pairs.ravel()].tolist()}  # fmt: skip
        assert set(found.illegal) == items
        assert found.undecided == 0

    def test_k_of_one_writer(self, sequential: dict[str, list[Op]]) -> None:
        """Exact, and the same as the smallest k of all orders."""
        registers = gather_registers(join(sequential))
        bounds = bound_k(registers)
        assert bounds.lower.tolist() == bounds.upper.tolist()
        for name, k in zip(registers.names, bounds.lower.tolist(), strict=True):
            expected = brute.find_k(brute.take_spans(sequential[name], name))
            assert (inf if k == INFINITE else k) == expected, sequential[name]

    def test_k_of_several_writers(self, drawn: dict[str, list[Op]]) -> None:
        """Small items are searched, so the bounds meet at the smallest k."""
        registers = gather_registers(join(drawn))
        bounds = bound_k(registers)
        for name, lower, upper in zip(registers.names, bounds.lower.tolist(), bounds.upper.tolist(), strict=True):
            k = brute.find_k(brute.take_spans(drawn[name], name))
            assert lower == upper == (INFINITE if k == inf else k), drawn[name]


@pytest.mark.slow
class TestScores:
    def test_gamma(self, sequential: dict[str, list[Op]]) -> None:
        """The smallest shift of all calls that makes some order legal."""
        found = score_items(sequential, score_gamma)
        for name, ops in list(sequential.items())[:250]:
            assert found[name] == brute.find_gamma(brute.take_spans(ops, name), SHIFT_MAX), ops

    def test_delta(self, drawn: dict[str, list[Op]]) -> None:
        """The smallest shift of reads' starts that does."""
        found = score_items(drawn, score_delta)
        for name, ops in list(drawn.items())[:250]:
            assert found[name] == brute.find_delta(brute.take_spans(ops, name), SHIFT_MAX), ops
