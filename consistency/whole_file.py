"""A file that is written whole: manifests, checksums, reports, joined histories.

A path and its content come in. The content is written aside and then renamed, so that a full disk or a kill leaves what
was there before, if anything: half a page looks like a page.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path`, or leave it as it was and raise OSError."""
    write_pieces(path, (content,))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write all pieces, which may be read from `path` itself, or leave it as it was and raise OSError."""
    fresh = path.with_name(f".{path.name}")
    try:
        with fresh.open("wb") as file:
            file.writelines(pieces)
        fresh.replace(path)
    except BaseException:  # Ctrl-C, too, leaves nothing behind
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
