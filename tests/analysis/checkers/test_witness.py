"""Every witness proves its anomaly, and nothing can be left out of it."""

from random import Random

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.findings import Anomaly
from consistency.analysis.judgement import Verdict
from consistency.operation import Operation
from tests.analysis.checkers.drawing import draw_register, draw_session_history
from tests.analysis.checkers.notation import Op, build_history, parse, parse_ops
from tests.analysis.checkers.subsets import drop_orphans, rebuild
from tests.analysis.checkers.vectors import EVERY

COUNT = 30
DELETED = ("wW1 0-1; wD0 3-4; rR1 6-7; rR0 8-9", "wW1 0-1; wD0 2-3; wW2 4-5; rR0 7-8; rR1 9-10")
SEEN_UNANSWERED = (
    "wW1 0-?; rR1 2-3; rR0 5-6",
    "wW1 0-1; vW2 3-?; rR2 5-6; rR1 8-9",
    "wW1 0-?; rR1 1-2; vW2 4-5; rR1 7-8",
)


def is_broken(checker: str, ops: list[Operation]) -> bool:
    """Whether the checker finds an anomaly in a history of `ops` alone."""
    return CHECKERS[checker](rebuild(ops), 0).verdict is Verdict.BROKEN


def find_faults(anomaly: Anomaly, whole: list[Operation]) -> list[str]:
    """What is wrong with a witness."""
    ops = list(anomaly.ops)
    faults = [] if is_broken(anomaly.checker, ops) else ["it proves nothing"]
    for left_out in ops:
        rest = drop_orphans([op for op in ops if op is not left_out], whole)
        faults += [f"{left_out} is not needed"] if is_broken(anomaly.checker, rest) else []
    return faults


def check_all(checker: str, ops: list[Op]) -> int:
    """Check every witness of a history; return how many there were."""
    history = build_history(ops)
    finding = CHECKERS[checker](history, 0)
    for anomaly in finding.anomalies:
        assert not find_faults(anomaly, list(history)), (anomaly, ops)
        assert anomaly.explanation.endswith(".")
    return len(finding.anomalies)


@pytest.mark.slow
class TestWitness:
    @pytest.mark.parametrize("checker", CHECKERS)
    def test_of_random_histories(self, checker: str) -> None:
        """One item with several writers, some of them without an answer."""
        random = Random(7)
        for _ in range(COUNT):
            check_all(checker, draw_register(random, "x"))

    @pytest.mark.parametrize("checker", CHECKERS)
    def test_of_random_sessions(self, checker: str) -> None:
        """Sessions that read and write two items."""
        random = Random(8)
        for _ in range(COUNT):
            check_all(checker, draw_session_history(random))

    @pytest.mark.parametrize("checker", CHECKERS)
    def test_of_deletions_and_writes_without_an_answer(self, checker: str) -> None:
        """A deletion writes «absent» again; a write without an answer was done when it was seen."""
        for line in (*DELETED, *SEEN_UNANSWERED):
            check_all(checker, parse_ops(line))

    def test_every_vector_that_is_not_linearizable_has_one(self) -> None:
        """Two to four operations, as the reference asks."""
        for vector in EVERY.values():
            if vector.holds[0] == "N":
                (anomaly, *_) = CHECKERS["linearizable"](parse(vector.line), 0).anomalies
                assert 2 <= len(anomaly.ops) <= 4
                assert not find_faults(anomaly, list(parse(vector.line)))
