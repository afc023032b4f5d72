"""How the command line's table is run: a folder, an environment, words; an exit code and what is said."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from consistency.cli.entry import main

GOOD = """entities = 3
rate = "20/s"
deadline = "2s"
seed = 5
virtual_time = true
[probes]
key_get = { interval = "50ms" }
"""
REAL = GOOD.replace("virtual_time = true\n", "")
LAGGED = GOOD.replace("key_get", "global_query") + '[target]\nlag = "1s"\n'
RUN = "runs/good/done"


@dataclass(frozen=True)
class Row:
    """`words` in a folder with `files` end with `code`; one line of what they say begins with `told`.

    That is the `first` line, or any. `prepare` may change the folder before. In words, environment and told, {busy} is
    an address where somebody listens who is no emulator, {free} one where nobody does.
    """

    name: str
    words: str
    code: int
    told: str
    files: Mapping[str, str | bytes] = field(default_factory=lambda: {"good.toml": GOOD, "real.toml": REAL})
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = lambda folder: None
    first: bool = False


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Both streams' lines."""
        return (self.err + self.out).splitlines()


def call(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Call the program in this process."""
    monkeypatch.setattr(sys, "argv", ["consistency", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Said(ended.value.code, said.out, said.err)


def cut(name: str, bytes_off: int) -> Callable[[Path], None]:
    """Takes the last bytes off a file of the finished run."""

    def prepare(folder: Path) -> None:
        path = folder / RUN / name
        path.write_bytes(path.read_bytes()[:-bytes_off])

    return prepare


def replace_line(name: str, number: int, content: bytes) -> Callable[[Path], None]:
    """Puts `content` in the place of a line of a file of the finished run."""

    def prepare(folder: Path) -> None:
        path = folder / RUN / name
        lines = path.read_bytes().splitlines()
        lines[number - 1] = content
        path.write_bytes(b"\n".join(lines) + b"\n")

    return prepare


def remove(*names: str) -> Callable[[Path], None]:
    """Takes files out of the finished run."""

    def prepare(folder: Path) -> None:
        for name in names:
            (folder / RUN / name).unlink()

    return prepare


def copy_history(folder: Path) -> None:
    """The same history twice in one run."""
    shutil.copy(folder / RUN / "history-reader.jsonl", folder / RUN / "history-copy.jsonl")


def make_pipe(folder: Path) -> None:
    """What is no file; a device would be another."""
    os.mkfifo(folder / "q")


def write_journal(folder: Path, content: bytes) -> None:
    """A data folder with this in the place of its journal."""
    (folder / "data").mkdir()
    (folder / "data" / "datastore.sqlite").write_bytes(content)
