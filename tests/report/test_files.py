"""The files of a report as files: their bytes, and that only those are written that were asked for."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from consistency.analysis.incidents import group_incidents
from consistency.archive import Archive
from consistency.errors import UsageError
from consistency.history import History
from consistency.report.anomalies import MOST
from consistency.report.pages import write_report
from tests.disk import full_disk
from tests.patience import PATIENCE_S
from tests.report.found import make_finding
from tests.report.judgements import make_calibration, make_judgement, make_manifest, make_plan, make_summaries
from tests.report.pages_text import CLAIMS, Page, write_files
from tests.report.synthetic import write_synthetic

pytestmark = pytest.mark.slow  # each writes whole pages


class TestFiles:
    def test_the_same_input_gives_the_same_bytes(self, tmp_path: Path) -> None:
        """Of every file, the picture among them."""
        folders = (tmp_path / "one", tmp_path / "two")
        for folder in folders:
            folder.mkdir()
            write_files(folder, make_judgement(make_summaries(8), CLAIMS), make_calibration())
        first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
        assert first == second
        assert set(first) == {"report.html", "report.md", "summary.json", "entities.csv", "chart1.png"}

    def test_the_same_bytes_in_another_process(self, tmp_path: Path) -> None:
        """Whatever the order of sets there."""
        command = [sys.executable, "-m", "tests.report.synthetic", str(tmp_path / "there"), "12"]
        environment = {**os.environ, "PYTHONHASHSEED": "1"}
        subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2], timeout=PATIENCE_S)
        for name, path in write_synthetic(tmp_path / "here", 12).items():
            assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), name

    def test_only_what_was_asked_for(self, tmp_path: Path) -> None:
        """And links only to what is there."""
        arguments = (Archive(tmp_path), make_plan(), make_manifest(), make_judgement(make_summaries(2)))
        assert set(write_report(*arguments, formats=("json",))) == {"json"}
        paths = write_report(*arguments, formats=("html",), title="Mine")
        assert set(paths) == {"html", "png"}
        page = Page(paths["html"].read_text())
        assert page.all("h1")[0].text == "Mine"
        assert "entities.csv" not in {link.attributes["href"] for link in page.all("a")}

    def test_a_full_disk_leaves_no_half_file(self, tmp_path: Path) -> None:
        """What was there stays as it was, and nothing else is left."""
        (tmp_path / "summary.json").write_text("an earlier one")
        arguments = (Archive(tmp_path), make_plan(), make_manifest(), make_judgement(make_summaries(2)))
        with full_disk(500), pytest.raises(OSError, match="File too large"):
            write_report(*arguments, formats=("json",))
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("summary.json", "an earlier one")]

    def test_every_anomaly_has_its_row(self, tmp_path: Path) -> None:
        """Of very many the first; the page says where they are, and a run without any has no such file."""
        findings = (make_finding("lost", 3), make_finding("stale", MOST + 1))
        incidents = group_incidents(History.of(()), findings)
        judgement = replace(make_judgement([]), findings=findings, incidents=incidents)
        paths = write_report(Archive(tmp_path), make_plan(), make_manifest(), judgement, formats=("html", "csv"))
        rows = paths["anomalies"].read_text().splitlines()
        assert len(rows) == 1 + 3 + MOST
        assert rows[3] == "lost,2,3,a,0,writer#4 reader#5,reader missed a after 2 ms."
        assert f"has the first {MOST:,} of each finding" in paths["html"].read_text()
        arguments = (Archive(tmp_path), make_plan(), make_manifest(), make_judgement([]))
        assert set(write_report(*arguments, formats=("csv",))) == {"csv"}

    def test_an_unknown_format(self, tmp_path: Path) -> None:
        """Is told, with those that there are."""
        with pytest.raises(UsageError, match="yaml is not a format of a report: choose from html, md"):
            write_report(Archive(tmp_path), make_plan(), make_manifest(), make_judgement([]), formats=("yaml",))
