"""The errors that a user can act on.

Each is one sentence or two: what happened, why, what to type next. The command line prints it without a traceback and
ends with its exit code. Anything else that is raised is our own bug and propagates.
"""

import errno
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT}


class ConsistencyError(Exception):
    """Could not measure (exit code 1)."""

    exit_code = 1


class UsageError(ConsistencyError):
    """The command or the plan is wrong (exit code 2)."""

    exit_code = 2


class CutShortError(ConsistencyError):
    """A run ended before its plan did, or left something undone: what was measured is judged all the same."""


class StoreGoneError(CutShortError):
    """The store stopped answering in the middle of a run."""


class LimitReachedError(CutShortError):
    """The calls of a run have cost as much as was allowed."""


class DiskError(CutShortError):
    """The disk took no more of what a run records."""

    @classmethod
    def at(cls, path: Path, error: OSError) -> "DiskError":
        """What kept `path` from being written."""
        return cls("Disk full" if error.errno in FULL else f"{path} cannot be written ({error.strerror})")


class RefusedError(ConsistencyError):
    """Refused for safety: nothing was written (exit code 5)."""

    exit_code = 5


class StoppedError(ConsistencyError):
    """Stopped by Ctrl-C, with a word on what is left (exit code 130)."""

    exit_code = 130
