"""The emulator's own layers: imports point downwards, and nothing below the wire waits, listens or has a clock."""

import ast
from pathlib import Path

import consistency.emulator

ROOT = Path(consistency.emulator.__file__).parent
LAYERS = [
    {"service"},
    {"transactions", "query", "gql"},
    {"indexes"},
    {"engine"},
    {"exports", "models", "storage"},
    {"values"},
    {"settings", "truth", "status"},
]
RANKS = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
FORBIDDEN = {"asyncio", "grpc", "socket", "threading", "time"}
ALLOWED_OUTSIDE = {"consistency.delays", "consistency.durations", "consistency.parameters", "consistency.wars"}


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return plain | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def parts() -> list[tuple[str, Path]]:
    """Every module of the layers, with the part that it belongs to."""
    found = [(path.relative_to(ROOT).parts[0].removesuffix(".py"), path) for path in ROOT.rglob("*.py")]
    return [(part, path) for part, path in found if part in RANKS]


class TestLayers:
    """service > transactions | query | gql > indexes > engine > exports | models | storage > values > the rest."""

    def test_every_part_is_there(self) -> None:
        """A layer that has gone would make the rest of this test say nothing."""
        assert {part for part, _ in parts()} == set(RANKS)

    def test_imports_point_downwards(self) -> None:
        """To one's own part or to one of a lower layer."""
        upwards = [
            (str(path), name)
            for part, path in parts()
            for name in imports_of(path)
            if name.startswith("consistency.emulator.")
            and (other := name.split(".")[2]) != part
            and RANKS.get(other, -1) <= RANKS[part]
        ]
        assert upwards == []

    def test_nothing_else_of_the_project_is_known(self) -> None:
        """But how delays and durations are written."""
        known = {name for _, path in parts() for name in imports_of(path) if name.startswith("consistency.")}
        assert {name for name in known if not name.startswith("consistency.emulator")} <= ALLOWED_OUTSIDE

    def test_no_sockets_threads_or_clocks(self) -> None:
        """They come in as functions, or stay outside; whoever waits does it in one place, but for injected faults."""
        waiting = {"service/waiting.py", "service/effects.py", "service/faults.py"}
        quiet = [path for _, path in parts() if path.relative_to(ROOT).as_posix() not in waiting]
        assert not {name.split(".")[0] for path in quiet for name in imports_of(path)} & FORBIDDEN
