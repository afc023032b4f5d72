"""Transactions that were executed one after another. (That no verdict is wrong is compared in `comparing`.)"""

from random import Random

import pytest

from consistency.analysis.judgement import Verdict
from tests.analysis.checkers.drawing_transactions import draw_serial
from tests.analysis.checkers.transactional import build, check, find_broken

SEED = 20261121


class TestSerialExecutions:
    @pytest.mark.parametrize("lists", [False, True])
    def test_they_are_clean(self, lists: bool) -> None:
        """Whatever the overlap of their ends, nothing is found; and the service's stamps give the order."""
        random = Random(SEED)
        for _ in range(100):
            history = build(draw_serial(random, 20, lists=lists))
            assert find_broken(history) == set()
            assert check("strict_serializable", history).verdict is Verdict.HOLDS
