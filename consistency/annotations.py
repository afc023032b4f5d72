"""Annotations: what a person says happened at an instant of a run, on the run's own clock.

A text and an instant come in, a line of the run's annotations.jsonl goes out; the report reads them back and marks the
instant in every chart over the run. They are beside the history and not in it, because nobody measured them.
"""

from pathlib import Path

import msgspec

from consistency.errors import ConsistencyError


class Annotation(msgspec.Struct, frozen=True):
    """`text` was said of the instant `at_ns` (run clock)."""

    at_ns: int
    text: str


def append_annotation(path: Path, annotation: Annotation) -> None:
    """Add one to the file at `path`."""
    try:
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
