"""The large histories of the benchmark «checkers», small: what they are, and that every checker takes them."""

import pytest

from benchmarks.checkers import judge
from benchmarks.large_histories import SHAPES, Shape, build
from consistency.analysis.checkers.linearizability import check_linearizable
from consistency.analysis.judgement import Verdict


class TestLargeHistories:
    @pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
    def test_every_checker_takes_them(self, shape: Shape) -> None:
        """Each shape, with more calls than orders are searched for. No figure is judged."""
        assert judge(shape, 1_000)["gb"] > 0

    def test_without_stale_reads_they_are_linearizable(self) -> None:
        """Each call takes effect at one instant; reads that look back are not."""
        verdicts = [check_linearizable(build(Shape("", 40, 0.3, 3, stale=stale), 400)).verdict for stale in (0.0, 0.5)]
        assert verdicts == [Verdict.HOLDS, Verdict.BROKEN]
