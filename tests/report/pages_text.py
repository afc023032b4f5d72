"""A written page, read as a reader's program would: tags with their attributes, and the text inside them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from consistency.analysis.judgement import Calibration, Judgement, Verdict
from consistency.archive import Archive
from consistency.operation import Action
from consistency.report.pages import write_report
from tests.report.judgements import claim, make_manifest, make_plan

CLAIMS = (
    claim(Action.KEY_GET, "always visible", Verdict.HOLDS),
    claim(Action.GLOBAL_QUERY, "p90 <= 2s", Verdict.HOLDS),
)
VOID = {"meta", "link", "br", "img", "hr", "use", "path"}


@dataclass
class Element:
    """One element: its tag, its attributes, and all text inside it."""

    tag: str
    attributes: dict[str, str]
    texts: list[str] = field(default_factory=list)
    inside: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """With single spaces."""
        return " ".join("".join(self.texts).split())


class Page(HTMLParser):
    """All elements of a page, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, [], tuple(each.tag for each in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open, f"</{tag}> closes nothing"
            assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    def all(self, tag: str) -> list[Element]:
        """Every element of that tag."""
        return [element for element in self.elements if element.tag == tag]

    def of_class(self, name: str) -> list[Element]:
        """Every element of that class."""
        return [element for element in self.elements if name in element.attributes.get("class", "").split()]


def write_files(
    folder: Path,
    judgement: Judgement,
    calibration: tuple[Calibration, ...] = (),
    formats: tuple[str, ...] = ("html", "md", "json", "csv"),
    **changes: object,
) -> dict[str, str]:
    """Write the files of a report and read them back: format -> text. `changes` are the plan's."""
    plan = make_plan(**changes)
    paths = write_report(Archive(folder), plan, make_manifest(), judgement, calibration, formats)
    return {name: path.read_text() for name, path in paths.items() if name != "png"}
