"""What is said to people, and kept in a log file where one was asked for.

Sentences come in; they go to a stream, and with their time into the file, which other packages' warnings and the
tracebacks of errors reach too. The file is appended to: a long run that is resumed has one log. What writes it is
imported only where there is one, because it takes a tenth of the time of `--help`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from consistency.errors import ConsistencyError

if TYPE_CHECKING:
    import logging

NAME = "consistency"
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_opened: list["logging.FileHandler"] = []


def open_log(path: Path) -> None:
    """Keep all that is said from now on in `path`; ConsistencyError where it cannot be written."""
    import logging

    try:
        file = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise ConsistencyError(f"{path} cannot be written: {error.strerror}. Choose another --log-file.") from error
    file.setFormatter(logging.Formatter(_FORM))
    root = logging.getLogger()
    root.addHandler(file)
    root.setLevel(logging.INFO)
    logging.getLogger(
        NAME
    ).disabled = False  # a package that configures logging turns off all loggers that it does not know
    _opened.append(file)


def close_logs() -> None:
    """Let go of the files that are open."""
    while _opened:
        file = _opened.pop()
        _find_logger("").removeHandler(file)
        file.close()


def say(line: str, *, err: bool = True) -> None:
    """Print one line for people, on stderr or stdout."""
    note(line)
    click.echo(line, err=err)


def note(line: str) -> None:
    """Keep one line that nobody needs to see."""
    if _opened:
        _find_logger(NAME).info(line)


def note_error(line: str) -> None:
    """Keep one line about the error that is being handled, with its traceback."""
    if _opened:
        _find_logger(NAME).error(line, exc_info=True)


def _find_logger(name: str) -> "logging.Logger":
    import logging

    return logging.getLogger(name)
