"""The plans that `init` writes."""

from pathlib import Path

import pytest

from consistency.errors import ConsistencyError, UsageError
from consistency.plan_file import load_plan
from consistency.upkeep.examples import EXAMPLES, read_example, write_example

TOP = Path(__file__).parents[2]


class TestExamples:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_each_is_a_plan(self, name: str, tmp_path: Path) -> None:
        """Read as the command line reads it."""
        assert load_plan(write_example(tmp_path / "new", name), {}).claims

    def test_the_first_is_the_repository_s(self) -> None:
        """What the README runs and what `init` writes are one plan."""
        assert read_example("first") == (TOP / "experiments" / "first.toml").read_text(encoding="utf-8")

    def test_a_file_that_is_there_stays(self, tmp_path: Path) -> None:
        """It may be somebody's work."""
        path = tmp_path / "slo.toml"
        path.write_text("mine")
        with pytest.raises(ConsistencyError, match=r"slo.toml exists already and was not changed"):
            write_example(tmp_path, "slo")
        assert path.read_text() == "mine"

    def test_a_misspelt_name_is_told(self, tmp_path: Path) -> None:
        """With its nearest match."""
        with pytest.raises(UsageError, match=r"Did you mean migration\?"):
            write_example(tmp_path, "migraton")
