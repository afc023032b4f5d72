"""Charts that appear only where they apply: regions, clocks, and the runs of one experiment."""

from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import escape

from consistency.analysis.judgement import ClockReading, RegionPair
from consistency.archive import Archive
from consistency.operation import Action
from consistency.report.charts import CAPTIONS, Chart, make_charts
from consistency.report.clocks import describe_clocks, find_widest_ns
from consistency.report.frames import FRAMES, make_frames
from consistency.report.material import Material
from consistency.report.neighbours import read_neighbours
from consistency.report.past import frame_past
from consistency.report.regions import frame_regions
from consistency.report.summary import write_json
from tests.report.judgements import (
    MS,
    START_NS,
    S,
    make_judgement,
    make_manifest,
    make_material,
    make_plan,
    make_summaries,
)

SUMMARIES = make_summaries(30)
QUERIES = SUMMARIES[0]
READINGS = (
    ClockReading("writer", START_NS, 99 * MS, 101 * MS),
    ClockReading("reader", START_NS, -1 * MS, 1 * MS),
    ClockReading("reader", START_NS + S, 200 * MS, 201 * MS),
)
PAIRS = tuple(
    RegionPair(Action.GLOBAL_QUERY, reader, "eu-1", 30, (QUERIES.quantiles[0], QUERIES.quantiles[3]))
    for reader in ("eu-1", "us-1")
)


def save(folder: Path, run: str, experiment: str = "first", **plan: object) -> Archive:
    """A run's folder as judging leaves it."""
    archive = Archive(folder / run)
    archive.folder.mkdir(parents=True)
    manifest = make_manifest(run=f"{experiment}/{run}", experiment=experiment, started_at=f"2026-11-{run}T00:00:00Z")
    archive.save(make_plan(**plan), manifest)
    material = Material(make_plan(**plan), manifest, make_judgement(SUMMARIES), (), "")
    (archive.folder / "summary.json").write_text(write_json(material), encoding="utf-8")
    return archive


def draw(material: Material) -> dict[str, Chart]:
    return {chart.name: chart for chart in make_charts(material, make_frames(material))}


class TestWhereTheyApply:
    def test_nowhere_else(self) -> None:
        """One region, one clock and one run have none of them."""
        material = make_material(make_judgement(SUMMARIES))
        for name in ("regions", "clocks", "past"):
            assert not len(FRAMES[name](material))
            assert not CAPTIONS[name].nothing

    @pytest.mark.slow
    def test_where_they_do(self, tmp_path: Path) -> None:
        """Each has its picture, its words and its table."""
        judgement = replace(make_judgement(SUMMARIES), region_pairs=PAIRS, clocks=READINGS)
        archive = save(tmp_path, "02")
        save(tmp_path, "01")
        past = read_neighbours(archive, "first")
        manifest = make_manifest(run="first/02", clock_bound_ns=50 * MS)
        charts = draw(Material(make_plan(), manifest, judgement, (), "", past=past))
        for name in ("regions", "clocks", "past"):
            assert escape(charts[name].caption) in (charts[name].svg or "")
            assert charts[name].table.rows


class TestRegions:
    def test_a_percentile_that_n_cannot_carry_is_told(self) -> None:
        """In the cell, as everywhere."""
        frame = frame_regions(make_material(replace(make_judgement(SUMMARIES), region_pairs=PAIRS)))
        assert set(frame["p99"]) == {"needs 299 entities"}
        assert frame["p50"].str.contains("ms").all()


class TestClocks:
    def test_clocks_beyond_the_bound_are_told(self) -> None:
        """99 ms against at most 1 ms are surely 98 ms apart; other slices compare nothing."""
        assert find_widest_ns(READINGS) == 98 * MS
        judgement = replace(make_judgement(SUMMARIES), clocks=READINGS)
        for bound_ms, said in ((97, "surely further apart than that: verdicts"), (99, "No two clocks were surely")):
            manifest = make_manifest(clock_bound_ns=bound_ms * MS)
            assert said in describe_clocks(Material(make_plan(), manifest, judgement, (), ""))


class TestNeighbours:
    def test_runs_of_the_same_experiment_in_order(self, tmp_path: Path) -> None:
        """Another experiment, a run without a summary, and the run itself are none of them."""
        own = save(tmp_path, "03")
        save(tmp_path, "02")
        save(tmp_path, "01", seed=99)
        save(tmp_path, "04", experiment="other")
        save(tmp_path, "05").folder.joinpath("summary.json").write_text("{", encoding="utf-8")
        assert [run.run for run in read_neighbours(own, "first")] == ["first/01", "first/02"]

    def test_another_plan_is_told(self, tmp_path: Path) -> None:
        """Another seed asks the store the same; another lag does not."""
        own = save(tmp_path, "03")
        save(tmp_path, "02", seed=99)
        save(tmp_path, "01", target={"lag": "1s"})
        manifest = make_manifest(run="first/03", started_at="2026-11-03T00:00:00Z")
        past = read_neighbours(own, "first")
        frame = frame_past(Material(make_plan(), manifest, make_judgement(SUMMARIES), (), "", past=past))
        told = frame.drop_duplicates("run")[["run", "plan", "quantile"]].to_numpy().tolist()
        assert told == [
            ["first/01", "another", "p90"],
            ["first/02", "the same", "p90"],
            ["first/03", "this run", "p90"],
        ]
