"""Findings and witnesses: what the page says and shows of them."""

from dataclasses import replace

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.findings import Finding
from consistency.analysis.incidents import group_incidents
from consistency.analysis.judge import judge
from consistency.analysis.judgement import Verdict
from consistency.history import History
from consistency.report.captions import describe_witnesses
from consistency.report.findings import MEANINGS, list_findings, say_findings, say_found, say_unbroken
from consistency.report.incidents import SHOWN, choose_incidents, list_incidents, say_incidents
from consistency.report.material import Material
from consistency.report.summary import summarize
from consistency.report.witnesses import frame_witnesses
from tests.analysis.runs import make_manifest as make_judged_manifest
from tests.analysis.runs import make_plan as make_judged_plan
from tests.histories import parse_history
from tests.report.found import make_finding
from tests.report.judgements import MS, make_judgement, make_material, make_summaries
from tests.report.pages_text import Page, write_files

STALE = "write a 0-10; global a 12-14 miss; global a 20-22 hit; global a 30-33 hit"
HOSTILE = "<script>alert(1)</script>"


def make_found(*findings: Finding) -> Material:
    incidents = group_incidents(History.of(()), findings)
    return make_material(replace(make_judgement(make_summaries(30)), findings=findings, incidents=incidents))


def judged(line: str) -> Material:
    return make_material(judge(make_judged_plan(entities=1), make_judged_manifest(), parse_history(line)))


class TestTable:
    def test_every_checker_has_a_meaning(self) -> None:
        """Nobody knows what set-full is."""
        assert MEANINGS.keys() == CHECKERS.keys()

    def test_each_finding_in_plain_words(self) -> None:
        """Those with anomalies, each with its number; the others are told together; what happened is told once."""
        material = judged(STALE)
        said = "\n".join(say_findings(material))
        assert "A read returned old data after a newer write had been acknowledged [staleness]: 1 among 3 reads" in said
        assert "1 stale read: 0 old snapshots" in said
        assert said.count("reader did not find a, although the write of revision 1 had ended 2 ms earlier") == 1
        assert [line.name for line in list_findings(material)][:3] == ["staleness", "safe", "regular"]
        clean, untold = say_unbroken(material)
        assert clean.startswith("Checked, and nothing found: flicker, lost, never read")
        assert "read your writes" in untold
        assert "By checker: staleness (1), safe (1)" in say_found(material)

    def test_old_snapshots_are_told_though_no_anomaly(self) -> None:
        """A finding without an anomaly whose reads were stale all the same."""
        finding = Finding("staleness", 9, 9, (), Verdict.HOLDS, "None among 9 reads. 4 stale reads: 4 old snapshots.",
                          figures={"stale_reads": 4})  # fmt: skip
        (line,) = list_findings(make_found(finding))
        assert (line.count, line.remark) == ("None among 9 reads", "4 stale reads: 4 old snapshots.")
        assert say_unbroken(make_found(finding)) == []

    def test_nothing_found(self) -> None:
        """Then there is no line."""
        material = judged("write a 0-10; global a 12-14 hit; global a 20-22 hit")
        assert (say_findings(material), say_found(material)) == ([], "")


class TestWitnesses:
    def test_one_incident_for_several_findings(self) -> None:
        """A stale read went wrong once, with all that it disproves; every format says the same number."""
        material = judged(STALE)
        (incident,) = choose_incidents(material)
        assert {"staleness", "safe", "regular", "atomic", "linearizable"} <= set(incident.checkers)
        assert say_incidents(material).startswith("**1 incident**: each counted once, though the checkers count ")
        (line,) = list_incidents(material)
        summary = summarize(material)["incidents"]
        assert (summary["count"], summary["unassigned"]) == (1, {})
        assert [each["explanation"] for each in summary["shown"]] == [line.told]

    def test_the_longest_first_and_not_too_many(self) -> None:
        """A store that is meant to be stale has a million anomalies; those without a blamed read are built in part."""
        material = make_found(make_finding("staleness", 1_000_000))
        chosen = choose_incidents(material)
        assert len(chosen) == SHOWN
        assert chosen[0].anomaly.ops[1].invoked_ns == (9 + 999) * MS
        assert (
            describe_witnesses(material)
            == f"The calls that prove {SHOWN} of 1,000 incidents: the longest of each kind."
        )
        assert "Not assigned to an incident: 999,000 of staleness" in say_incidents(material)

    def test_each_finding_has_its_turn(self) -> None:
        """A finding with few anomalies is not crowded out by one with many."""
        material = make_found(make_finding("staleness", 1000), make_finding("lost", 1, first_op=10_000))
        assert [incident.checkers for incident in choose_incidents(material)][:3] == [
            ("staleness",), ("lost",), ("staleness",)]  # fmt: skip

    def test_calls_stand_in_their_order(self) -> None:
        """Begin and end of each as places between the first instant and the last."""
        frame = frame_witnesses(judged(STALE))
        assert frame["process"].tolist() == ["writer", "reader"]
        assert frame["label"].tolist() == ["writes 1", "reads nothing"]
        assert frame["begins"].tolist() == pytest.approx([0, 2 / 3])
        assert frame["ends"].tolist() == pytest.approx([1 / 3, 1])
        assert frame["began_ms"].tolist() == [0, 12]
        assert frame["lane"].tolist() == [1, 2]


class TestPage:
    @pytest.mark.slow
    def test_anomalies_with_hostile_names(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        """In HTML, in its picture and in Markdown they are text."""
        judgement = make_found(make_finding("staleness", 30, HOSTILE)).judgement
        written = write_files(tmp_path_factory.mktemp("run"), judgement)
        page = Page(written["html"])
        assert not page.all("script")
        assert any("reader missed <script>" in cell.text for cell in page.all("td"))
        assert "<script" not in written["md"]

    @pytest.mark.slow
    def test_a_thousand_anomalies_are_few_pictures(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        """The page does not grow with them."""
        findings = [make_finding(name, 1000, first_op=10_000 * place) for place, name in enumerate(list(CHECKERS)[:8])]
        html = write_files(tmp_path_factory.mktemp("run"), make_found(*findings).judgement)["html"]
        assert f"The calls that prove {SHOWN} of 8,000 incidents" in html
        assert len(html.encode()) < 1024 * 1024
