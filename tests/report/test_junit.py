"""junit.xml: one case for each claim."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from consistency.analysis.judgement import Verdict
from consistency.operation import Action
from consistency.report.junit import write_junit
from tests.report.judgements import claim, make_judgement, make_material, make_summaries

CLAIMS = (
    claim(Action.KEY_GET, "always visible", Verdict.HOLDS, "No counterexample."),
    claim(Action.GLOBAL_QUERY, "p90 <= 2s", Verdict.BROKEN, "p90 is above 3 s."),
    claim(Action.GLOBAL_QUERY, "p99 <= 2s", Verdict.CANNOT_TELL, "p99 needs 299 entities.", 269),
)


def read(text: str) -> ET.Element:
    return ET.fromstring(text.encode())


class TestCases:
    def test_one_for_each_claim(self) -> None:
        """Named by subject and claim; what cannot be told is skipped, with what would decide."""
        suite = read(write_junit(make_material(make_judgement(make_summaries(2), CLAIMS))))
        assert suite.attrib.items() >= {"tests": "3", "failures": "1", "skipped": "1", "errors": "0"}.items()
        cases = {(case.get("classname"), case.get("name")): case for case in suite.iter("testcase")}
        assert len(cases) == 3
        failure = cases["consistency.global_query", "p90 <= 2s"].find("failure")
        assert failure is not None
        assert failure.get("message") == "broken: p90 is above 3 s."
        skipped = cases["consistency.global_query", "p99 <= 2s"].find("skipped")
        assert skipped is not None
        assert skipped.get("message") == ("cannot tell: p99 needs 299 entities. About 269 more entities would decide.")

    @pytest.mark.parametrize(("unknown_is", "failures"), [("pass", "1"), ("fail", "2"), ("", "1")])
    def test_what_cannot_be_told_is_as_one_wants(self, unknown_is: str, failures: str) -> None:
        """A failure only where that was asked for."""
        suite = read(write_junit(make_material(make_judgement([], CLAIMS)), unknown_is))
        assert suite.get("failures") == failures

    def test_a_doubt_is_a_case(self) -> None:
        """Without claims a polluted run would otherwise look as if nothing had gone wrong."""
        suite = read(write_junit(make_material(replace(make_judgement([]), doubt="The store was polluted."))))
        (case,) = suite.iter("testcase")
        assert case.find("skipped") is not None

    def test_hostile_text(self) -> None:
        """Marks, and letters that XML does not have."""
        judgement = make_judgement([], [claim(Action.KEY_GET, "always visible", Verdict.BROKEN, "<b>\x00&\ud800")])
        suite = read(write_junit(make_material(judgement, title='"<&\x1b')))
        assert suite.get("name") == '"<&\N{REPLACEMENT CHARACTER}'
