"""Transactions against the definition, on random small histories."""

from random import Random

import pytest

from consistency.analysis.judgement import Verdict
from consistency.operation import Outcome
from tests.analysis.checkers.brute_transactions import is_serializable
from tests.analysis.checkers.drawing_transactions import draw_at_will, draw_serial
from tests.analysis.checkers.transactional import build, check, find_broken

SEED, COUNT = 20261121, 500


class TestAgainstTheDefinition:
    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("lists", [False, True])
    def test_no_verdict_is_wrong(self, lists: bool, strict: bool) -> None:
        """Broken ones have no order, those that hold have one. Lists are always decided."""
        random, told = Random(SEED), {True: 0, False: 0}
        for _ in range(COUNT):
            txns = draw_at_will(random, random.randint(2, 5), lists=lists)
            verdict = check("strict_serializable" if strict else "serializable", build(txns)).verdict
            if verdict is Verdict.CANNOT_TELL:
                assert not lists or all(txn.outcome is not Outcome.OK for txn in txns), txns
                continue
            assert (verdict is Verdict.HOLDS) == is_serializable(txns, strict=strict), txns
            told[verdict is Verdict.HOLDS] += 1
        assert min(told.values()) > COUNT // 10

    @pytest.mark.parametrize("lists", [False, True])
    def test_serial_executions_are_clean(self, lists: bool) -> None:
        """Whatever the overlap of their ends, nothing is found; and the service's stamps give the order."""
        random = Random(SEED)
        for _ in range(100):
            history = build(draw_serial(random, 20, lists=lists))
            assert find_broken(history) == set()
            assert check("strict_serializable", history).verdict is Verdict.HOLDS
