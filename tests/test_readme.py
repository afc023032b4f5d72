"""What README.md promises is there: every command in one line, and the benchmarks by their names."""

import re
from pathlib import Path

from benchmarks.__main__ import BENCHMARKS, WIRE
from consistency.cli.entry import COMMANDS

TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


class TestReadme:
    def test_every_command_has_its_line(self) -> None:
        """And none is named that is not there."""
        named = set(re.findall(r"^consistency (\w+)", TEXT, re.MULTILINE))
        assert named == set(COMMANDS)

    def test_the_benchmarks_have_their_names(self) -> None:
        """Each once, in the order of `python -m benchmarks --help`."""
        (told,) = re.findall(r"`python -m benchmarks NAME`: ([^;]*);", TEXT)
        assert re.split(r",\s+|\s+and\s+", told) == [*BENCHMARKS, WIRE]

    def test_it_is_short(self) -> None:
        """A page that is read to its end; the emulator has a page of its own."""
        lines = TEXT.splitlines()
        assert len(lines) <= 140
        assert max(map(len, lines)) <= 120
