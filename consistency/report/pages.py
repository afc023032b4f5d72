"""Pages: what stands beside a run's history, for people and for programs.

A judged run comes in; the files are written into its folder and their paths go out. Everything is made from values that
are given, with no clock and no chance, so the same run gives the same bytes; but its page also shows the runs of its
experiment that stand beside it then.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from consistency.analysis.judgement import Calibration, Judgement
from consistency.annotations import read_annotations
from consistency.archive import Archive, Manifest
from consistency.errors import UsageError
from consistency.plan import Plan
from consistency.report.anomalies import say_where, write_anomalies
from consistency.report.charts import make_charts
from consistency.report.documents import cut_markdown, describe_run, render
from consistency.report.drawing import draw_png
from consistency.report.entities import write_csv
from consistency.report.figures import FIGURES
from consistency.report.frames import Frames, make_frames
from consistency.report.junit import write_junit
from consistency.report.material import Material
from consistency.report.neighbours import read_neighbours
from consistency.report.summary import write_json
from consistency.whole_file import write_whole

OVER_TIME = ("over_run", "pacing", "clocks", "errors")  # charts that show what happened when
FILES = {
    "html": "report.html",
    "md": "report.md",
    "json": "summary.json",
    "csv": "entities.csv",
    "anomalies": "anomalies.csv",
    "junit": "junit.xml",
    "png": "chart1.png",
}


@dataclass(frozen=True)
class Draft:
    """What a format is made from: the run, the files that will stand beside each other, and the frames."""

    material: Material
    paths: Mapping[str, Path]
    unknown_is: str = ""

    @cached_property
    def frames(self) -> Frames:
        """Made once for all pictures."""
        return make_frames(self.material)

    @property
    def links(self) -> dict[str, str]:
        """The names of the files, relative to each other."""
        return {name: path.name for name, path in self.paths.items()}


def write_report(
    archive: Archive,
    plan: Plan,
    manifest: Manifest,
    judgement: Judgement,
    calibration: tuple[Calibration, ...] = (),
    formats: Collection[str] = ("html", "md", "json", "csv"),
    title: str | None = None,
    unknown_is: str = "",
) -> dict[str, Path]:
    """Write each of `formats` into the run's folder; format -> path. A page comes with chart 1 as "png". `unknown_is`
    ("fail") says what a claim that cannot be told is in junit.xml."""
    unknown = sorted(set(formats) - FILES.keys())
    if unknown:
        raise UsageError(f"{', '.join(unknown)} is not a format of a report: choose from {', '.join(FILES)}.")
    title = title or plan.question or manifest.experiment
    known = (read_annotations(archive.annotations), archive.tell_begun(manifest))
    material = Material(plan, manifest, judgement, calibration, title, *known)
    wanted = [name for name in FILES if name in {*formats, *_find_companions(judgement, set(formats))}]
    if "html" in wanted:
        material = replace(material, past=read_neighbours(archive, manifest.experiment))
    draft = Draft(material, {name: archive.folder / FILES[name] for name in wanted}, unknown_is)
    for name, path in draft.paths.items():
        write_whole(path, FORMATS[name](draft))
    return dict(draft.paths)


def _find_companions(judgement: Judgement, formats: set[str]) -> Iterator[str]:
    """What comes with the formats that were asked for."""
    if {"html", "md"} & formats:
        yield "png"
    if "csv" in formats and any(len(finding.anomalies) for finding in judgement.findings):
        yield "anomalies"


def _make_html(draft: Draft) -> bytes:
    charts = make_charts(draft.material, draft.frames)
    before = next(chart.name for chart in charts if chart.name in OVER_TIME)
    where = say_where(draft.material, draft.links)
    values = {"charts": charts, "moments_before": before, "links": draft.links, "all_anomalies": where}
    return render("report.html.j2", **describe_run(draft.material), **values).encode()


def _make_markdown(draft: Draft) -> bytes:
    return cut_markdown(render("report.md.j2", **describe_run(draft.material), links=draft.links))


FORMATS: dict[str, Callable[[Draft], bytes]] = {
    "html": _make_html,
    "md": _make_markdown,
    "json": lambda draft: write_json(draft.material).encode(),
    "csv": lambda draft: write_csv(draft.material).encode(),
    "anomalies": lambda draft: write_anomalies(draft.material).encode(),
    "junit": lambda draft: write_junit(draft.material, draft.unknown_is).encode(),
    "png": lambda draft: draw_png(FIGURES["latency"](draft.frames)),
}
