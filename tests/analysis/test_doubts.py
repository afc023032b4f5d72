"""Doubts about a whole run: nothing is upheld by a polluted store, nor by nothing at all."""

import pytest

from consistency.analysis.judge import judge
from consistency.analysis.judgement import Verdict
from tests.analysis.runs import make_manifest, make_plan
from tests.histories import parse_history

SEEN = "write a 0-10; global a 12-14 hit"
POLLUTED = (
    "The store was polluted: entity b existed before this run wrote it (ALREADY_EXISTS), "
    "so no sighting of this run can be trusted."
)


class TestDoubts:
    @pytest.mark.parametrize(
        ("line", "doubt"),
        [
            (
                f"{SEEN}; write b 20-30 fail=ALREADY_EXISTS",
                POLLUTED,
            ),
            ("", "No write was acknowledged, so nothing can be said about visibility."),
            (
                "write a 0-10 info=UNAVAILABLE; global a 12-14 hit",
                "No write was acknowledged, so nothing can be said about visibility.",
            ),
            ("write a 0-10", "No acknowledged write was looked for, so nothing can be said about visibility."),
            (
                "write a 0-10; global a 12-13 UNAVAILABLE; global a 14-?",
                "No attempt was answered, so nothing can be said about visibility.",
            ),
        ],
    )
    @pytest.mark.parametrize("claims", [[], ["always visible", "p50 <= 1s"]])
    def test_nothing_can_be_told(self, line: str, doubt: str, claims: list[str]) -> None:
        """With claims or without: no run is said to hold what it never tried."""
        judgement = judge(make_plan(*claims), make_manifest(), parse_history(line))
        assert (judgement.doubt, judgement.verdict) == (doubt, Verdict.CANNOT_TELL)
        assert {(judged.verdict, judged.reason) for judged in judgement.claims} <= {(Verdict.CANNOT_TELL, doubt)}

    @pytest.mark.parametrize("line", [SEEN, f"{SEEN}; write b 20-30 fail=ABORTED; global b 40-41 UNAVAILABLE"])
    def test_no_doubt(self, line: str) -> None:
        """One answer is enough to judge by."""
        assert judge(make_plan(), make_manifest(), parse_history(line)).doubt == ""
