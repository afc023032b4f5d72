"""The lock of a run's folder: held for as long as somebody measures into it.

A folder comes in. The system lets go of the lock when its holder is killed, so a lock that can be had says that nobody
measures any more, which no file with a process number in it could.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from consistency.errors import ConsistencyError

NAME = ".run.lock"


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Measure into `folder` alone; ConsistencyError where somebody else does."""
    lock = FileLock(folder / NAME, blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ConsistencyError(f"{folder} is being measured by another process. Wait for it, or end it.") from error
    except OSError as error:
        raise ConsistencyError(f"{folder} cannot be written: {error.strerror}. Choose another --out.") from error
    try:
        yield
    finally:
        (folder / NAME).unlink(missing_ok=True)
        lock.release()


def is_held(folder: Path) -> bool:
    """Whether somebody measures into `folder` now."""
    if not (folder / NAME).exists():
        return False
    try:
        with FileLock(folder / NAME, blocking=False):
            return False
    except Timeout:
        return True
