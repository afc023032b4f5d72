"""The files of a report: facts about pages, not their looks."""

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest

from consistency.archive import Archive
from consistency.operation import Action
from consistency.report.charts import CAPTIONS
from consistency.report.figures.style import BLUE, GREEN, PURPLE, VERMILION
from consistency.report.incidents import SHOWN
from consistency.report.pages import write_report
from tests.report.found import annotate, disturb
from tests.report.judgements import (
    make_calibration,
    make_judgement,
    make_manifest,
    make_plan,
    make_series,
    make_summaries,
    summarise,
)
from tests.report.pages_text import CLAIMS, Page, write_files

ALWAYS = [
    name for name, caption in CAPTIONS.items() if caption.nothing
]  # the others need several runs, regions, clocks

pytestmark = pytest.mark.slow  # each writes whole pages
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script> **x** | [a](http://evil.example) `y`"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The founding result with 30 entities per probe, two of them never seen."""
    judgement = make_judgement(make_summaries(30, unseen=2), CLAIMS, notes=("A reader came late.",))
    folder = tmp_path_factory.mktemp("report")
    annotate(folder)
    return write_files(folder, disturb(judgement), make_calibration())


@pytest.fixture(scope="module")
def page(written: dict[str, str]) -> Page:
    return Page(written["html"])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of more than 100,000 attempts."""
    summaries = make_summaries(6000, unseen=3)
    assert sum(len(each.attempts) for summary in summaries for each in summary.visibilities) > 100_000
    judgement = make_judgement(summaries, CLAIMS)
    return write_files(tmp_path_factory.mktemp("large"), judgement, formats=("html",), entities=6000)["html"]


def svgs(html: str) -> list[ET.Element]:
    return [ET.fromstring(text) for text in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


class TestPage:
    def test_the_first_screen_says_verdict_sentence_truth_and_table_in_this_order(
        self, written: dict[str, str]
    ) -> None:
        """Verdict, sentences, kind of truth, table, chart 1."""
        parts = (
            "✓</span> HOLDS",
            "90 % of",
            "still missing",
            "needed retries",
            "planted lag lognormal",
            '<table class="cards">',
            "<svg",
        )
        html = written["html"].replace("\N{NO-BREAK SPACE}", " ").split("</title>", 1)[1]
        places = [html.index(part) for part in parts]
        assert places == sorted(places)

    def test_without_claims_no_verdict_word(self, tmp_path: Path) -> None:
        """What was found is told all the same."""
        page = Page(write_files(tmp_path, make_judgement(make_summaries(30)))["html"])
        (box,) = page.of_class("answer")
        assert "What was found" in box.text
        assert not re.search("holds|broken|cannot tell", box.text, re.IGNORECASE)

    def test_the_table_has_a_row_for_each_probe(self, page: Page) -> None:
        """With its intervals, and what it lacks."""
        table = next(element for element in page.all("table") if "missed first attempt" in element.text)
        assert "needs 299 entities" in table.text
        assert all(name in table.text for name in ("global query", "key get", "ancestor query"))

    def test_no_request_to_anywhere(self, page: Page) -> None:
        """No address with a scheme, no script, no import; the page's own policy forbids all but its style."""
        for element in page.elements:
            for name in ("src", "href", "xlink:href", "action", "data", "srcset"):
                assert not re.match(r"[a-z]+:|//", element.attributes.get(name, "")), element
        assert not page.all("script") + page.all("link") + page.all("img") + page.all("iframe")
        assert not re.search(r"@import|url\((?!#)", "".join(style.text for style in page.all("style")))
        policies = [meta.attributes.get("content") for meta in page.all("meta")]
        assert "default-src 'none'; style-src 'unsafe-inline'" in policies

    def test_ids_are_unique_and_every_reference_has_its_target(self, page: Page) -> None:
        """A page holds many figures; each refers to its own parts."""
        ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
        assert len(ids) == len(set(ids))
        references = {
            name.removeprefix("#")
            for element in page.elements
            for key in ("href", "xlink:href", "aria-labelledby", "clip-path")
            for name in re.findall(r"#?[\w-]+", element.attributes.get(key, "").replace("url(", ""))
            if key != "href" or name.startswith("#")
        }
        assert references - {"report", "summary", "entities", "chart1"} <= set(ids)

    def test_language_and_heading_order(self, page: Page) -> None:
        """One h1, and no level is skipped."""
        assert page.all("html")[0].attributes["lang"] == "en"
        levels = [int(element.tag[1]) for element in page.elements if re.fullmatch(r"h[1-6]", element.tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))

    def test_notes_calibration_glossary_and_files(self, page: Page) -> None:
        """What a reader must know is on the page; calibration is marked as not entering any verdict."""
        assert any("A reader came late." in section.text for section in page.of_class("notes"))
        (calibration,) = page.of_class("calibration")
        assert "enters no verdict" in calibration.text
        assert "29 of 30 intervals contain the truth" in calibration.text
        assert "not bounded" in page.all("footer")[0].text
        assert {"report.md", "summary.json", "entities.csv", "chart1.png"} <= {
            link.attributes["href"] for link in page.all("a")
        }

    def test_faults_and_annotations_are_named(self, written: dict[str, str], page: Page) -> None:
        """In tables of their own, below the charts over time, and in the rows of the time in which they were active."""
        text = " ".join(element.text for element in page.all("section"))
        assert "latency 1s on run_query" in text
        assert "deployed <b>2.0</b>" in text
        assert "Bands are faults, on purpose (1: latency 1s on run_query)." in text
        assert "<b>2.0" not in written["html"] + written["md"]
        (table,) = [each for each in page.all("table") if "errors per minute" in each.text]
        assert "DEADLINE_EXCEEDED0.1360" in table.text

    def test_without_probes_no_chart_is_empty(self, tmp_path: Path) -> None:
        """Of transactions there are errors, faults and findings, and no word about entities."""
        judgement = disturb(make_judgement([]))
        page = Page(write_files(tmp_path, judgement, workload="counter", probes={})["html"])
        text = " ".join(element.text for element in page.all("section"))
        assert "Nothing to draw" not in text
        assert "missed first attempt" not in text
        assert "Faults, on purpose" in text

    def test_no_errors_is_said(self, tmp_path: Path) -> None:
        """A chart that is missing could be one that was forgotten."""
        page = Page(write_files(tmp_path, make_judgement(make_summaries(2)))["html"])
        assert any("No errors: every call was answered" in each.text for each in page.all("section"))

    def test_hostile_text_is_escaped(self, tmp_path: Path) -> None:
        """In the question, in an entity's name and in an error's code."""
        summary = summarise(Action.KEY_GET, [make_series(Action.KEY_GET, 0, ((1, HOSTILE), (50, "hit")), name=HOSTILE)])
        written = write_files(tmp_path, make_judgement([summary], notes=(HOSTILE,)), question=HOSTILE)
        page = Page(written["html"])
        assert not page.all("script")
        assert page.all("h1")[0].text == " ".join(HOSTILE.split())
        assert "<script" not in written["md"]
        assert "[a](http" not in written["md"]

    def test_a_page_of_100_000_attempts_is_under_1_mib(self, large: str) -> None:
        """It does not grow with n."""
        assert len(large.encode()) < 1024 * 1024

    @pytest.mark.parametrize("entities", [0, 1, 4])
    def test_hardly_any_entities(self, tmp_path: Path, entities: int) -> None:
        """Every file is written."""
        written = write_files(tmp_path, make_judgement(make_summaries(entities) if entities else []))
        assert written["html"].count("<svg") == (len(ALWAYS) - 2 if entities else 0)  # no errors, no witnesses
        assert json.loads(written["json"])["schema_version"] == 1

    def test_nothing_but_errors(self, tmp_path: Path) -> None:
        """No latency is made up; the codes are in the table."""
        told = ((1, "UNAVAILABLE"), (60, "UNAVAILABLE"))
        failing = summarise(Action.KEY_GET, [make_series(Action.KEY_GET, k, told) for k in range(8)])
        page = Page(write_files(tmp_path, make_judgement([failing]))["html"])
        table = next(element for element in page.all("table") if "missed first attempt" in element.text)
        assert "UNAVAILABLE 16" in table.text
        assert "none was seen" in table.text


class TestPictures:
    def test_every_svg_has_role_title_and_description(self, written: dict[str, str]) -> None:
        """For those who do not see it; its text is text."""
        drawn = svgs(written["html"])
        assert len(drawn) == len(ALWAYS)
        for svg in drawn:
            assert svg.get("role") == "img"
            title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
            assert title is not None
            assert title.text
            assert description is not None
            assert re.search(r"\d", description.text or "")
            assert svg.findall(f".//{SVG}text")

    def test_the_first_chart_is_described_by_the_first_sentence(self, written: dict[str, str], page: Page) -> None:
        """With the same numbers."""
        description = svgs(written["html"])[0].find(f"{SVG}desc")
        assert description is not None
        sentence = page.of_class("sentence")[0].text
        assert (description.text or "").startswith(sentence.replace("\N{NO-BREAK SPACE}", " "))

    def test_every_chart_has_its_numbers_below(self, page: Page) -> None:
        """As a table in <details>."""
        assert len(page.all("details")) == len(ALWAYS)
        assert sum("details" in table.inside for table in page.all("table")) == len(ALWAYS)

    def test_no_line_has_more_than_400_vertices(self, large: str) -> None:
        """Whatever n; a band is two lines."""
        for svg in svgs(large):
            for path in svg.iter(f"{SVG}path"):
                line = "fill: none" in path.get("style", "")
                assert len(re.findall("[ML]", path.get("d", ""))) <= (400 if line else 801)

    def test_colours_of_the_page_are_variables(self, written: dict[str, str]) -> None:
        """No ink is drawn in a fixed colour, which would vanish in one of the modes."""
        fixed = {BLUE, VERMILION, GREEN, PURPLE}
        for text in re.findall(r"<svg.*?</svg>", written["html"], re.DOTALL):
            assert set(re.findall(r"#[0-9a-f]{6}(?=[;\"])", text)) <= fixed


class TestMarkdown:
    def test_verdict_table_and_links(self, written: dict[str, str]) -> None:
        """A job summary shows them without the page."""
        markdown = written["md"]
        assert "## ✓ HOLDS" in markdown
        rows = [line for line in markdown.splitlines() if line.startswith("|")]
        assert len(rows) == 5 + 3 + 4 + 2 + SHOWN  # the probes', the faults', the findings', and the incidents'
        assert len({row.count("|") - row.count("\\|") for row in rows[:5]}) == 1
        assert "[report.html](report.html)" in markdown

    def test_rows_of_the_table_are_adjacent(self, written: dict[str, str]) -> None:
        """A blank line would end it."""
        assert "|\n\n|" not in written["md"]

    def test_at_most_64_kib(self, tmp_path: Path) -> None:
        """The place of the cut is told."""
        notes = tuple(f"Note {number}: {'x' * 200}" for number in range(1000))
        paths = write_report(
            Archive(tmp_path), make_plan(), make_manifest(), make_judgement([], notes=notes), formats=("md",)
        )
        content = paths["md"].read_bytes()
        assert len(content) <= 64 * 1024
        assert content.decode().endswith("(cut here: the whole report is report.html)\n")
