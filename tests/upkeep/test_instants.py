"""Instants that a person types, and the marks that they become."""

from pathlib import Path

import pytest

from consistency.annotations import Annotation, append_annotation, clean_text, read_annotations
from consistency.clock import wall_ns
from consistency.errors import ConsistencyError, UsageError
from consistency.upkeep.instants import place_on_run
from tests.report.judgements import make_manifest

S = 1_000_000_000
NEW_YEAR_NS = 1_767_225_600 * S
MANIFEST = make_manifest(origin_wall_ns=NEW_YEAR_NS, start_ns=S)


class TestInstants:
    @pytest.mark.parametrize(
        ("text", "at_ns"),
        [
            ("20s", 21 * S),
            ("2026-01-01T00:00:07Z", 7 * S),
            ("2026-01-01T00:00:07", 7 * S),
            ("2026-01-01T02:00:07+02:00", 7 * S),
        ],
    )
    def test_durations_count_from_the_first_write_and_times_are_utc(self, text: str, at_ns: int) -> None:
        """One is on the charts' axis, the other on the wall."""
        assert place_on_run(text, MANIFEST) == at_ns

    def test_nothing_is_now(self) -> None:
        """The machine's wall clock, on the run's."""
        before_ns = wall_ns()
        assert before_ns <= place_on_run(None, MANIFEST) + NEW_YEAR_NS <= wall_ns()

    def test_anything_else_is_told(self) -> None:
        """With both forms."""
        with pytest.raises(UsageError, match="--at noon is no instant: write a time"):
            place_on_run("noon", MANIFEST)

    @pytest.mark.parametrize("text", ["9999999999h", "9999-01-01"])
    def test_another_age_is_refused(self, text: str) -> None:
        """It would not fit into a history's numbers."""
        with pytest.raises(UsageError, match="more than a hundred years from the run"):
            place_on_run(text, MANIFEST)


class TestAnnotations:
    def test_they_come_back_by_time(self, tmp_path: Path) -> None:
        """People remember out of order."""
        path = tmp_path / "annotations.jsonl"
        assert read_annotations(path) == ()
        for at_ns, text in ((9, "rolled back"), (3, "deployed «ü»")):
            append_annotation(path, Annotation(at_ns, text))
        assert read_annotations(path) == (Annotation(3, "deployed «ü»"), Annotation(9, "rolled back"))

    def test_a_torn_line_goes(self, tmp_path: Path) -> None:
        """The one who wrote it was killed; the next one is not joined to it."""
        path = tmp_path / "annotations.jsonl"
        append_annotation(path, Annotation(3, "deployed"))
        path.write_bytes(path.read_bytes() + b'{"at_ns":')
        append_annotation(path, Annotation(9, "rolled back"))
        assert [each.text for each in read_annotations(path)] == ["deployed", "rolled back"]

    def test_texts_are_lines_that_can_be_shown(self) -> None:
        """Whatever was typed: no control characters, no halves of characters, no book."""
        assert clean_text("two\nlines \x1b[31mred\u202e  \udcff ü") == "two lines [31mred ü"
        for text, told in ((" \x07", "has none that"), ("x" * 201, "has 201 that")):
            with pytest.raises(UsageError, match=told):
                clean_text(text)

    def test_a_damaged_file_is_told(self, tmp_path: Path) -> None:
        """Somebody edited it."""
        path = tmp_path / "annotations.jsonl"
        path.write_text("deployed\n")
        with pytest.raises(ConsistencyError, match="does not hold annotations"):
            read_annotations(path)
