"""The published reports: regenerated, their numbers are the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from consistency import flow
from consistency.archive import Archive

PUBLISHED = Path(__file__).parent.parent / "reports"


class TestVirtualHour:
    @pytest.mark.slow
    def test_it_repeats_to_the_number(self, tmp_path: Path) -> None:
        """The plan that was published, run again, gives the summary that was published."""
        published = Archive(PUBLISHED / "virtual_hour")
        plan, manifest = published.load()
        order = flow.prepare(plan, manifest.experiment, tmp_path, "published")
        judged = flow.judge_run(flow.measure(order, manifest.experiment, None).archive)
        paths = flow.report_run(judged, ("json",))
        assert numbers(paths["json"]) == numbers(published.folder / "summary.json")

    def test_its_links_lead_somewhere(self) -> None:
        """Every file that the page or the Markdown names beside it was published with it."""
        folder = PUBLISHED / "virtual_hour"
        links = re.findall(r'href="([^"#]+)"', (folder / "report.html").read_text(encoding="utf-8"))
        links += re.findall(r"\]\(([^)]+)\)", (folder / "report.md").read_text(encoding="utf-8"))
        assert len(links) > 3
        assert not [link for link in links if not (folder / link).is_file()]


def numbers(summary: Path) -> dict[str, Any]:
    """All but the part that names the program's version and machine."""
    found: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return {name: part for name, part in found.items() if name != "run"}
