"""summary.json and entities.csv."""

import csv
import io
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from consistency.analysis.judgement import Verdict
from consistency.operation import Action
from tests.patience import PATIENCE_S
from tests.report.judgements import START_NS, claim, make_judgement, make_series, make_summaries, summarise
from tests.report.pages_text import write_files

QUERY = Action.GLOBAL_QUERY


class TestSummary:
    def test_every_number_comes_back(self, tmp_path: Path) -> None:
        """Integers stay integers, open ends are null, counts are keyed by text."""
        summaries = make_summaries(30, unseen=2)
        judged = claim(QUERY, "p90 <= 2s", Verdict.CANNOT_TELL, "Because.", more=12)
        judgement = make_judgement(summaries, [judged], notes=("A note.",))
        read = json.loads(write_files(tmp_path, judgement, formats=("json",))["json"])
        assert read["schema_version"] == 1
        assert read["run"]["run"] == "first/2026-11-21T031204"
        assert read["verdict"] == "cannot tell"
        assert read["notes"] == ["A note."]
        (told,) = read["claims"]
        assert (told["claim"]["quantile"], told["claim"]["limit_ns"], told["more_entities"]) == (0.9, 2_000_000_000, 12)
        for summary in summaries:
            action = read["actions"][summary.action]
            assert {int(retries): count for retries, count in action["retries"].items()} == dict(summary.retries)
            for quantile, estimate in zip(action["quantiles"], summary.quantiles, strict=True):
                carried = estimate.n >= estimate.needs  # below the smallest n that carries it there is no number
                assert quantile["upper_ns"] == (estimate.upper_ns if carried else None)
                assert quantile["interval_lower_ns"] == (estimate.interval_lower_ns if carried else None)
                assert (quantile["needs"], quantile["sides"]) == (estimate.needs, {"interval": 2, "bound": 1})
                assert quantile["quantile"] == float(estimate.quantile)
            assert action["never_seen"]["upper"] == summary.never_seen.upper
            assert action["never_seen"]["sides"] == (2 if summary.never_seen.count else 1)
        assert read["pacing"]["lateness"]["p99_ns"] == 1_900_000

    def test_no_claims_no_verdict(self, tmp_path: Path) -> None:
        """Null, not "holds"."""
        assert json.loads(write_files(tmp_path, make_judgement([]), formats=("json",))["json"])["verdict"] is None

    @pytest.mark.slow
    def test_the_summary_needs_neither_pandas_nor_matplotlib(self) -> None:
        """`--json` and the sentences stay quick."""
        program = (
            "import sys, consistency.report.summary, consistency.report.sentences; "
            "sys.exit(bool({'pandas', 'matplotlib'} & set(sys.modules)))"
        )
        subprocess.run([sys.executable, "-c", program], check=True, timeout=PATIENCE_S)


class TestEntities:
    def rows(self, folder: Path, *told: tuple[tuple[float, str], ...]) -> list[dict[str, str]]:
        series = [make_series(QUERY, index, each) for index, each in enumerate(told)]
        text = write_files(folder, make_judgement([summarise(QUERY, series)]), formats=("csv",))["csv"]
        return list(csv.DictReader(io.StringIO(text)))

    def test_a_row_tells_the_whole_search(self, tmp_path: Path) -> None:
        """When it began, every failed attempt, when it succeeded, and the entity's own timestamp."""
        (row,) = self.rows(tmp_path, ((0.5, "miss"), (51.25, "UNAVAILABLE"), (101, "miss"), (151, "hit"), (500, "hit")))
        assert row["action"] == "global_query"
        assert row["failed_attempts_ms"] == "0.5;101"
        assert row["retries"] == "2"
        assert (row["lower_ms"], row["upper_ms"]) == ("101", "153")
        assert (row["errors"], row["error_codes"]) == ("1", "UNAVAILABLE")
        assert int(row["search_began_ns"]) - int(row["acknowledged_ns"]) == 500_000
        assert int(row["succeeded_ns"]) - int(row["acknowledged_ns"]) == 153_000_000

    def test_instants_are_of_the_wall_with_microseconds(self, tmp_path: Path) -> None:
        """Run clock plus its origin: written 300 µs after the first slot."""
        (row,) = self.rows(tmp_path, ((0.5, "hit"),))
        assert row["entity_timestamp"].endswith(".000300Z")
        written = datetime.fromisoformat(row["entity_timestamp"])
        assert written.timestamp() == pytest.approx(1_795_230_724 + START_NS / 1e9 + 0.0003, abs=1e-6)

    def test_what_did_not_happen_is_empty(self, tmp_path: Path) -> None:
        """Never the deadline."""
        _, row = self.rows(tmp_path, ((1, "hit"),), ((1, "miss"), (9900, "miss")))
        assert (row["succeeded"], row["succeeded_ns"], row["upper_ms"]) == ("", "", "")
        assert row["failed_attempts_ms"] == "1;9900"
        assert row["lower_ms"] == "9900"
