"""The errors that a user can act on.

Each is one sentence or two: what happened, why, what to type next. The command line prints it without a traceback and
ends with its exit code. Anything else that is raised is our own bug and propagates.
"""


class ConsistencyError(Exception):
    """Could not measure (exit code 1)."""

    exit_code = 1


class UsageError(ConsistencyError):
    """The command or the plan is wrong (exit code 2)."""

    exit_code = 2


class StoppedError(ConsistencyError):
    """Stopped by Ctrl-C, with a word on what is left (exit code 130)."""

    exit_code = 130
