"""Annotations: what a person says happened at an instant of a run, on the run's own clock.

A text and an instant come in, a line of the run's annotations.jsonl goes out; the report reads them back and marks the
instant in every chart over the run. They are beside the history and not in it, because nobody measured them.
"""

from pathlib import Path

import msgspec

from consistency.errors import ConsistencyError, UsageError
from consistency.line_file import drop_torn_line

LONGEST = 200  # characters: it stands in a chart's caption


class Annotation(msgspec.Struct, frozen=True):
    """`text` was said of the instant `at_ns` (run clock)."""

    at_ns: int
    text: str


def clean_text(text: str) -> str:
    """`text` as one line that every terminal and page can show; UsageError where nothing is left, or too much."""
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not 0 < len(shown) <= LONGEST:
        length = f"this one has {len(shown):,} that can be shown" if shown else "this one has none that can be shown"
        raise UsageError(f"An annotation has 1 to {LONGEST} characters, and {length}. Nothing was noted.")
    return shown


def append_annotation(path: Path, annotation: Annotation) -> None:
    """Add one to the file at `path`."""
    try:
        if path.exists():
            drop_torn_line(path)
        with path.open("ab") as file:
            file.write(msgspec.json.encode(annotation) + b"\n")
    except OSError as error:
        raise ConsistencyError(f"{path} cannot be written: {error.strerror}. Nothing was changed.") from error


def read_annotations(path: Path) -> tuple[Annotation, ...]:
    """All of the file at `path`, by time; none where there is no file. Raises ConsistencyError for a damaged one."""
    if not path.exists():
        return ()
    try:
        found = msgspec.json.Decoder(Annotation).decode_lines(path.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConsistencyError(f"{path} does not hold annotations: {error}. Mend its lines, or remove it.") from error
    return tuple(sorted(found, key=lambda annotation: annotation.at_ns))
