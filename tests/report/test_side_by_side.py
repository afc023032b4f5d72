"""Several runs on one page."""

from pathlib import Path

import pytest

from consistency import flow
from consistency.analysis.judgement import Verdict
from consistency.archive import Archive
from consistency.operation import Action
from consistency.report.material import Material
from consistency.report.side_by_side import make_tables, say_rows, write_side_by_side
from tests.whole_runs import plan_of, run_plan


def judge(archive: Archive, unsupported: bool = False) -> Material:
    """What the page is made from; as if the target lacked global queries, where `unsupported`."""
    if unsupported:
        plan, manifest = archive.load()
        kept = {action: probe for action, probe in plan.probes.items() if action is not Action.GLOBAL_QUERY}
        lacks = {Action.GLOBAL_QUERY: "Google's own has no <such> queries"}
        claims = {"global_query": ["always visible"]}
        archive.save(plan.model_copy(update={"probes": kept, "unsupported": lacks, "claims": claims}), manifest)
    judged = flow.judge_run(archive)
    return Material(judged.plan, judged.manifest, judged.judgement, judged.calibration, "x")


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> list[Material]:
    """Two runs that were probed alike, and one whose target lacks a probe."""
    folder = tmp_path_factory.mktemp("runs")
    whole = [judge(run_plan(plan_of(target={"lag": lag}), folder, lag)) for lag in ("0", "200ms")]
    lacking = plan_of(probes={"key_get": {}, "ancestor_query": {}})
    return [*whole, judge(run_plan(lacking, folder, "lacking"), unsupported=True)]


class TestPage:
    def test_each_probe_has_a_row_for_each_run(self, materials: list[Material]) -> None:
        """In the order in which the runs were named."""
        tables = make_tables(materials)
        runs = [each.manifest.run for each in materials]
        assert {tuple(row.run for row in rows) for rows in tables.values()} == {tuple(runs)}
        assert [row.cells[1].text for row in tables[Action.GLOBAL_QUERY][:2]] == ["0 %", "100 %"]

    def test_what_a_target_lacks_is_marked(self, materials: list[Material], tmp_path: Path) -> None:
        """On the page, on the terminal and among the notes; its claim cannot be told."""
        page = write_side_by_side(materials, tmp_path).read_text(encoding="utf-8")
        assert "not supported: Google&#39;s own has no &lt;such&gt; queries" in page
        assert "://" not in page
        assert "global query, experiment/lacking: not supported: Google's own has no <such> queries" in say_rows(
            materials
        )
        judgement = materials[-1].judgement
        assert judgement.verdict is Verdict.CANNOT_TELL
        assert "global_query: left out, because Google's own has no <such> queries." in judgement.notes
