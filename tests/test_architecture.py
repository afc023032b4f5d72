"""The layout is a test: who may import whom, and what a command may load."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "consistency"
KNOWN_TO_EMULATOR = {"__main__", "clock", "delays", "durations", "emulator", "virtual_time", "parameters", "wars"}
LINT = """import sys
from importlinter.cli import lint_imports
sys.path.insert(0, ".")
sys.exit(lint_imports(no_cache=True, no_logo=True))
"""
BREAKING = (  # where a line stands, what it imports, the line
    ("analysis", "consistency.run", "import consistency.run"),
    ("report", "consistency.channel", "import consistency.channel"),
    ("emulator", "consistency.operation", "import consistency.operation"),
    ("emulator/engine", "consistency.emulator.service", "import consistency.emulator.service"),
    ("workers", "grpc", "import grpc"),
    ("run", "google", "from google.cloud import datastore"),
    ("analysis", "pandas", "import pandas"),
    ("workers", "numpy", "import numpy"),
    ("flow", "click", "import click"),
)
HEAVY = ("google", "grpc", "matplotlib", "numpy", "pandas", "pydantic", "scipy")


def list_modules(folder: Path) -> set[str]:
    """The names of the modules and packages in `folder`."""
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return found - {"__init__"}


def lint(folder: Path) -> tuple[int, str]:
    """The linter's status and report, in a process of its own: it silences the loggers of the one that it is in."""
    environment = {**os.environ, "COLUMNS": "1000"}
    command = [sys.executable, "-c", LINT]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def build_skeleton(package: Path) -> None:
    """Every package and module that consistency has on its first two levels, empty."""
    for name in list_modules(PACKAGE):
        for inner in ("", *list_modules(PACKAGE / name)) if (PACKAGE / name).is_dir() else ("",):
            path = package / name / inner / "__init__.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    (package / "__init__.py").touch()


def load_contracts() -> dict[str, dict[str, Any]]:
    """The contracts of pyproject.toml by id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


@pytest.mark.slow
class TestImports:
    def test_every_contract_is_kept(self) -> None:
        """The linter's own report is what a failure shows."""
        status, report = lint(ROOT)
        assert status == 0, report

    def test_a_contract_can_be_broken(self, tmp_path: Path) -> None:
        """A skeleton of the package keeps every contract; of lines too many the linter's report names each."""
        build_skeleton(tmp_path / "consistency")
        (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
        status, report = lint(tmp_path)
        assert status == 0, report
        for number, (module, _, line) in enumerate(BREAKING):
            (tmp_path / "consistency" / module / f"broken{number}.py").write_text(line + "\n")
        (tmp_path / "consistency" / "unplaced.py").touch()
        status, report = lint(tmp_path)
        assert status == 1
        for number, (module, imported, _) in enumerate(BREAKING):
            assert f"consistency.{module.replace('/', '.')}.broken{number} -> {imported} (l.1)" in report
        assert "- consistency.unplaced" in report


class TestContracts:
    def test_the_emulator_is_kept_from_all_but_a_few(self) -> None:
        """Layers keep it from what is above; what is below and beside is listed, and the list is whole."""
        contracts = load_contracts()
        forbidden = set(contracts["emulator-alone"]["forbidden_modules"])
        below = contracts["layers"]["layers"][contracts["layers"]["layers"].index("emulator") + 1 :]
        names = {name.strip() for layer in below for name in layer.split("|")}
        assert forbidden == {f"consistency.{name}" for name in names - KNOWN_TO_EMULATOR}

    def test_every_module_has_its_place(self) -> None:
        """Also without the linter: a name in the layers that no module has would be a slip."""
        layers = load_contracts()["layers"]["layers"]
        assert {name.strip() for layer in layers for name in layer.split("|")} == list_modules(PACKAGE)

    def test_the_package_itself_imports_nothing(self) -> None:
        """`import consistency` costs nothing and begins nothing."""
        assert "import " not in (PACKAGE / "__init__.py").read_text(encoding="utf-8").rpartition('"""')[2]


@pytest.mark.slow
class TestStart:
    @pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["serve", "--help"]])
    def test_help_loads_nothing_heavy(self, words: list[str]) -> None:
        """Neither the client library nor the drawing: they cost half a second."""
        code = (
            "import sys; from consistency.cli.entry import consistency; "
            f"consistency.main({words!r}, standalone_mode=False); print(sorted(sys.modules))"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        loaded = result.stdout.splitlines()[-1]
        assert not [name for name in HEAVY if f"'{name}'" in loaded]


class TestDocument:
    def test_every_decision_has_a_number_of_its_own(self) -> None:
        """They are counted in the order in which they stand."""
        text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
        numbers = [int(number) for number in re.findall(r"^(\d+)\. \*\*", text, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1))

    def test_every_module_is_on_the_map(self) -> None:
        """Those of the first level; the reader of the map finds what is below them."""
        parts = re.findall(r"`(\w+)(?:\.py|/)`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
        assert list_modules(PACKAGE) - {"__main__"} <= set(parts)
