"""A file that is written whole: manifests, checksums, reports, joined histories.

A path and its content come in. The content is written aside and then renamed, so that a full disk or a kill leaves what
was there before, if anything: half a page looks like a page.
"""

import contextlib
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path`, or leave it as it was and raise OSError."""
    fresh = path.with_name(f".{path.name}")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
