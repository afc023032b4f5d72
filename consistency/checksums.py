"""Checksums: whether a run's files are still what its processes wrote.

A folder comes in; SHA256SUMS in it is written or compared. Each process adds its own files when it has ended, so a file
that is still being written, or whose process was killed, has no line. The format is that of `sha256sum`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock

from consistency.whole_file import write_whole

NAME: Final = "SHA256SUMS"


def seal(folder: Path, paths: Iterable[Path]) -> None:
    """Add the checksums of `paths`, in `folder`, as far as they exist; those that were known are replaced."""
    with FileLock(folder / f".{NAME}.lock"):
        sums = dict(_read(folder)) | {path.name: _digest(path) for path in paths if path.is_file()}
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
        write_whole(folder / NAME, lines.encode())


def find_changes(folder: Path, histories: Iterable[Path]) -> list[str]:
    """One sentence for each file that is not what it was, and for each history that nobody sealed. A folder without
    checksums has none."""
    sums = dict(_read(folder))
    notes = [note for name, digest in sums.items() if (note := _compare(folder / name, digest))]
    unsealed = [path.name for path in histories if sums and path.name not in sums]
    return notes + [f"{name} has no checksum: its process was cut off, or somebody added it." for name in unsealed]


def _compare(path: Path, digest: str) -> str:
    if not path.is_file():
        return f"{path.name} is gone: it was there when the run ended."
    if _digest(path) != digest:
        return f"{path.name} was changed after the run had ended: its checksum is another one."
    return ""


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    path = folder / NAME
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        digest, _, name = line.partition("  ")
        yield name, digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
