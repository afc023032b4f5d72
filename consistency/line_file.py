"""A file of lines that one process appends to: histories, queue files.

Each line goes out in one write and is in the file whole or not at all: a disk that takes only a part of it is an
error, and the part is cut away again, because the next line would be spoilt by it.
"""

import errno
import os
from pathlib import Path

LAST_LINE_BYTES = 4096
BUFFER_BYTES = 1 << 16


class LineFile:
    """Appends to `path`, behind its last whole line. Every method raises OSError where the disk refuses."""

    def __init__(self, path: Path, *, buffered: bool = False) -> None:
        drop_torn_line(path)
        self._file = path.open("ab", buffering=BUFFER_BYTES if buffered else 0)

    def append(self, line: bytes) -> None:
        """Append `line`, which ends with its newline."""
        written = self._file.write(line)
        if written < len(line):
            self._file.truncate(self._file.tell() - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Write what is buffered and close the file."""
        self._file.close()


def drop_torn_line(path: Path) -> None:
    """Cut the piece of a line that a killed process left at the end of the file, where there is one."""
    if not path.is_file():
        return
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LAST_LINE_BYTES))
        tail = file.read()
        file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)
