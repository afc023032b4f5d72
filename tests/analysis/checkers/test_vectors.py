"""The vectors of the measurement reference, every column of them."""

from math import inf

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.judgement import Verdict
from tests.analysis.checkers.notation import parse
from tests.analysis.checkers.vectors import CONVER, EVERY, REGULAR_PER_READ

COLUMNS = {
    "linearizable": 0,
    "regular": 1,
    "sequential": 2,
    "causal": 3,
    "monotonic_by_session": 4,
    "writes_follow_reads_by_session": 5,
    "read_your_writes_by_session": 6,
}


def is_broken(checker: str, line: str) -> bool:
    """Whether `checker` finds an anomaly."""
    return CHECKERS[checker](parse(line), 0).verdict is Verdict.BROKEN


class TestConver:
    @pytest.mark.parametrize("name", CONVER)
    @pytest.mark.parametrize("checker", COLUMNS)
    def test_verdict(self, name: str, checker: str) -> None:
        """Conver's own verdict, but for regularity of several writers, which is judged read by read here."""
        expected = CONVER[name].holds[COLUMNS[checker]] == "N"
        if checker == "regular" and name in REGULAR_PER_READ:
            expected = False
        assert is_broken(checker, CONVER[name].line) is expected

    def test_session_guarantees_know_the_order_in_time(self) -> None:
        """C5: by session alone nothing is wrong; since 1 had ended before 2 began, both guarantees are broken."""
        assert is_broken("read_your_writes", CONVER["C5"].line)
        assert is_broken("monotonic_reads", CONVER["C5"].line)


class TestScores:
    @pytest.mark.parametrize("name", EVERY)
    def test_linearizable(self, name: str) -> None:
        """The first column."""
        assert is_broken("linearizable", EVERY[name].line) is (EVERY[name].holds[0] == "N")

    @pytest.mark.parametrize("name", EVERY)
    def test_k(self, name: str) -> None:
        """The smallest k, None where a read came from the future."""
        figures = CHECKERS["k_atomicity"](parse(EVERY[name].line), 0).figures
        assert figures["k"] == figures["k_lower"] == figures["k_upper"] == _finite(EVERY[name].k)

    @pytest.mark.parametrize("name", EVERY)
    def test_gamma(self, name: str) -> None:
        """The whole shift."""
        assert CHECKERS["gamma"](parse(EVERY[name].line), 0).figures["gamma_max_ns"] == EVERY[name].gamma

    @pytest.mark.parametrize("name", EVERY)
    def test_delta(self, name: str) -> None:
        """Infinite as None."""
        assert CHECKERS["delta"](parse(EVERY[name].line), 0).figures["delta_max_ns"] == _finite(EVERY[name].delta)


def _finite(value: float) -> float | None:
    return None if value == inf else value
