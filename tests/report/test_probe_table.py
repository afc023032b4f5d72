"""The table of the first screen."""

from dataclasses import replace
from fractions import Fraction

from consistency.analysis.judge import judge
from consistency.analysis.judgement import Judgement, QuantileEstimate, Verdict
from consistency.operation import Action
from consistency.report.material import Material
from consistency.report.probe_table import make_headings, make_rows
from tests.analysis.runs import make_manifest, make_plan
from tests.histories import parse_history, write_history
from tests.report.judgements import claim, make_judgement, make_material, make_series, make_summaries, summarise

QUERY = Action.GLOBAL_QUERY


def table_of(judgement: Judgement) -> list[dict[str, tuple[str, str]]]:
    """Rows by heading: what a cell says, and its detail."""
    material = Material(make_plan(), make_manifest(), judgement, (), "A question")
    headings = [heading.partition(" (")[0] for heading in make_headings(material)]
    return [dict(zip(headings, [(c.text, c.detail) for c in row], strict=True)) for row in make_rows(material)]


class TestColumns:
    def test_a_claimed_quantile_has_its_column(self) -> None:
        """p75 stands between p50 and p90, with the estimate that judging made for it."""
        judgement = judge(make_plan("p75 <= 1s"), make_manifest(), write_history([(10, 60)] * 20))
        (row,) = table_of(judgement)
        assert [heading for heading in row if heading.startswith("p")][1:] == ["p50", "p75", "p90", "p99", "p99.9"]
        assert row["p75"] == ("10–60 ms", "between 10 and 60 ms, 95 %")

    def test_without_claims_the_usual_ones(self) -> None:
        """Median, 90, 99 and 99.9 %."""
        headings = make_headings(make_material(make_judgement(make_summaries(3))))
        times = [heading.split()[0] for heading in headings if "time until" in heading]
        assert times == ["p50", "p90", "p99", "p99.9"]
        judged = claim(QUERY, "p90 <= 1s", Verdict.HOLDS)
        assert make_headings(make_material(make_judgement(make_summaries(3), [judged]))) == headings
        assert judged.claim.quantile == Fraction(9, 10)


class TestRows:
    def test_each_reader_has_its_own_below(self) -> None:
        """The probe counts entities; what each reader saw alone stands beneath."""
        line = "r1/global a 12-14 hit; r2/global a 12-14 miss; r2/global a 60-62 hit"
        rows = table_of(judge(make_plan(), make_manifest(), parse_history(f"write a 0-10; {line}")))
        assert [row["probe"] for row in rows] == [
            ("global query", "1"),
            ("global query, r1 alone", "1"),
            ("global query, r2 alone", "1"),
        ]
        assert [row["missed first attempt"][0] for row in rows] == ["100 %", "0 %", "100 %"]

    def test_what_nobody_looked_at_is_told_beside_the_share(self) -> None:
        """Late and unanswered first attempts, and searches that were cut off."""
        told = [((1, "hit"),), ((500, "hit"),), ((1, "UNAVAILABLE"), (40, "hit")), ((1, "miss"), (90, "ABORTED"))]
        series = [make_series(QUERY, index, each) for index, each in enumerate(told)]
        (row,) = table_of(make_judgement([summarise(QUERY, series)]))
        assert row["missed first attempt"][1] == "1 of 2: between 1 and 99 %, 95 %; 1 late; 1 not answered"
        assert row["never seen"] == ("0", "0 of 4: at most 81 %, 95 % one-sided; 1 not answered to the end")
        assert row["errors"] == ("2", "ABORTED 1, UNAVAILABLE 1")

    def test_no_end_of_an_interval_contradicts_its_estimate(self) -> None:
        """Where no miss came before, both are rounded alike: 0.797 and 0.804 ms are not «≤ 0.8, at most 0.81»."""
        material = make_material(make_judgement(make_summaries(3)))
        estimate = QuantileEstimate(Fraction(1, 2), 30, 5, 0, 797_000, 0, 804_000, 0, 804_000)
        assert material.write_sure(Action.KEY_GET, estimate) == "at most 0.9 ms, 95 % one-sided"
        assert material.write_sure(Action.KEY_GET, replace(estimate, interval_upper_ns=None)).startswith("at most 0.9")
