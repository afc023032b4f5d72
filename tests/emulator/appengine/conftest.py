"""App Engine's stub in a process of its own, where `make test` could install it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SDK = Path(sys.prefix) / "appengine"
PROGRAM = Path(__file__).with_name("oracle.py")


class Oracle:
    """What the SDK answers."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **request: Any) -> dict[str, Any]:
        """One line there and one back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        reply: dict[str, Any] = json.loads(self._process.stdout.readline())
        return reply


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """App Engine's stub, empty."""
    if not (SDK / "google" / "appengine").is_dir():
        pytest.skip(f"App Engine's SDK is not in {SDK}: make test installs requirements.appengine.lock there")
    environment = {**os.environ, "PYTHONPATH": str(SDK), "PYTHONWARNINGS": "ignore"}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, str(PROGRAM)], env=environment, text=True, **pipes) as process:
        yield Oracle(process)
