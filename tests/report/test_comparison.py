"""Two runs on a page: verdicts beside their limits, what must be known, numbers for programs, nothing from outside."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from consistency.analysis.changes import parse_change_limit
from consistency.analysis.comparison import Range
from consistency.analysis.judgement import Judgement, Verdict
from consistency.analysis.two_runs import compare_judgements
from consistency.archive import Archive
from consistency.errors import ConsistencyError
from consistency.report.change_words import write_difference
from consistency.report.comparison import make_page, make_pair_frames, write_comparison
from consistency.report.pairs import HEADINGS, Pair, make_rows, note_pair, say_pair, summarize_pair
from consistency.workload import Workload
from tests.report.judgements import make_judgement, make_material, make_summaries


def pair_of(first: Judgement, second: Judgement, *limits: str, **changed: Any) -> Pair:
    """Two runs of one plan; `changed` are settings of the second's plan."""
    one = make_material(first)
    other = one.plan.model_copy(update=changed)
    found = compare_judgements(first, second, 1, [parse_change_limit(text) for text in limits])
    return Pair((one.plan, other), (one.manifest, one.manifest), found)


@pytest.fixture(scope="module")
def judgement() -> Judgement:
    """Forty entities of each probe."""
    return make_judgement(make_summaries(40))


@pytest.fixture(scope="module")
def itself(judgement: Judgement) -> Pair:
    """A run against itself, with a limit that holds and one that cannot be told."""
    return pair_of(judgement, judgement, "global_query.p50 > +10s", "global_query.p99 > +1%")


@pytest.mark.slow
class TestWords:
    def test_a_run_against_itself(self, itself: Pair) -> None:
        """No difference is found, and that is not called equality."""
        assert all("no difference was found (p = 1); that does not show" in sentence for sentence in say_pair(itself))

    def test_rows(self, itself: Pair) -> None:
        """A row for each probe and quantile, and p99 says what it needs instead of an interval."""
        rows = make_rows(itself)
        assert {len(row) for row in rows} == {len(HEADINGS)}
        assert [row[1] for row in rows[:3]] == ["p50", "p90", "p99"]
        assert rows[2][2:4] == ["needs 299 entities"] * 2
        assert rows[2][4:] == ["not bounded", "not bounded", "p99 needs 368 entities in each run; one has 40."]

    def test_notes(self, judgement: Judgement) -> None:
        """Another poll, another deadline and a probe that only one run has are told."""
        fewer = replace(judgement, actions=judgement.actions[:1])
        pair = pair_of(judgement, fewer, deadline="60s", probes={})
        notes = " ".join(note_pair(pair))
        assert "Only the first run probed by" in notes
        assert "polled differently" in notes
        assert "looked for 10s, the second for 60s" in notes

    def test_whatever_else_differs_is_told(self, judgement: Judgement) -> None:
        """The same run differs in nothing, and is named; another plan by its settings, first and second."""
        assert note_pair(pair_of(judgement, judgement)) == ["Both are the same run, so nothing can differ."]
        assert note_pair(pair_of(judgement, judgement, rate="9/s"))[1:] == ["The runs differ in rate (1/s → 9/s)."]
        (told,) = note_pair(pair_of(judgement, judgement, workload=Workload.BANK, entities=7))[2:]
        assert told == "The runs differ in entities (30 → 7) and workload (create → bank)."

    def test_digits_follow_the_spacing_of_attempts(self) -> None:
        """Polls 50 ms apart do not tell 227 from 229 ms."""
        measured = Range(171.4e6, 131.2e6, 259.9e6, 0, 0)
        assert write_difference(measured, 50_000_000) == "+170 ms (+130 ms to +260 ms)"
        assert write_difference(Range(-4e6, -61e6, 3e6, 0, 0), 50_000_000) == "0 (−61 ms to +10 ms)"

    def test_a_quantile_is_what_the_run_s_own_page_says(self, judgement: Judgement) -> None:
        """Both runs' p50 is the interval of nearest rank, in the table and as plain values."""
        pair = pair_of(judgement, judgement)
        for summary in judgement.actions:
            p50 = summary.quantiles[0]
            told = summarize_pair(pair)["actions"][str(summary.action)]["quantiles"]["p50"]
            assert told["first_ns"] == told["second_ns"] == [p50.lower_ns, p50.upper_ns]
            change = pair.found.comparisons[summary.action].changes[0]
            assert change.first == change.second == p50

    def test_a_doubted_run_decides_nothing(self, judgement: Judgement) -> None:
        """Whatever the numbers are."""
        pair = pair_of(judgement, replace(judgement, doubt="The clock stood still."), "global_query.p50 > +10s")
        assert pair.found.verdict is Verdict.CANNOT_TELL
        assert "The clock stood still." in note_pair(pair)

    def test_no_probe_of_both(self, judgement: Judgement) -> None:
        """A page without a chart says so."""
        pair = pair_of(judgement, replace(judgement, actions=()))
        assert "nothing to compare" in make_page(pair)
        assert pair.found.verdict is None


@pytest.mark.slow
class TestPage:
    def test_verdicts_and_charts(self, itself: Pair) -> None:
        """The worst verdict leads, each limit stands beside its reason, and both charts have their text and table."""
        page = make_page(itself)
        assert page.index("CANNOT TELL") < page.index("global_query.p50 &gt; +10s") < page.index("<svg")
        assert page.count('role="img"') == 2
        assert page.count("<details>") == 2
        assert "src=" not in page
        assert 'href="http' not in page

    def test_frames(self, itself: Pair) -> None:
        """Curves begin at nothing, only grow, and end together."""
        curves = make_pair_frames(itself)["curves"]
        for _, curve in curves.groupby(["action", "run"]):
            assert curve["share_pct"].is_monotonic_increasing
            assert curve["share_pct"].iloc[0] == 0
        assert curves.groupby(["action", "run"])["time_ms"].max().nunique() == 1

    def test_files(self, itself: Pair, tmp_path: Path) -> None:
        """The page and its numbers lie in the second run's folder; infinite ends are null; the same bytes again."""
        first, second = Archive(tmp_path / "a"), Archive(tmp_path / "b")
        second.folder.mkdir()
        paths = write_comparison(itself, first, second)
        assert sorted(path.name for path in second.folder.iterdir()) == ["compare-a.html", "compare-a.json"]
        summary = msgspec.json.decode(paths["json"].read_bytes())
        assert summary["verdict"] == "cannot tell"
        assert summary["actions"]["global_query"]["quantiles"]["p99"]["change"]["upper"] is None
        before = paths["html"].read_bytes()
        assert write_comparison(itself, first, second)["html"].read_bytes() == before
        assert summarize_pair(itself)["first"] == itself.manifests[0].run

    def test_a_folder_that_cannot_be_written(self, itself: Pair, tmp_path: Path) -> None:
        """One sentence."""
        with pytest.raises(ConsistencyError, match="cannot be written"):
            write_comparison(itself, Archive(tmp_path / "a"), Archive(tmp_path / "none"))
