"""Ctrl-C after the measurement: what was measured is kept, and the user is told where.

It stands apart from telling, whose imports alone take long enough to be interrupted.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from consistency.errors import StoppedError


@contextlib.contextmanager
def keep(folder: Path) -> Iterator[None]:
    """Within it Ctrl-C is a StoppedError that says how to draw the run in `folder`."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise StoppedError(f"Stopped. The run is kept; draw it with: consistency report {folder}") from error
