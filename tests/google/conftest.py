"""Google's own emulator as a fixture, where gcloud and its component are on the machine."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from consistency.backends.google import start_google_emulator

PROJECT = "coin-tests"


@pytest.fixture(scope="session")
def google_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Google's legacy emulator at a free port; its coin is set by the tests."""
    if shutil.which("gcloud") is None:
        pytest.skip("gcloud is not on PATH: Google's emulator cannot be started")
    log: Path = tmp_path_factory.mktemp("google") / "emulator.log"
    if not has_component():
        pytest.skip("gcloud has no cloud-datastore-emulator component")
    with start_google_emulator(PROJECT, log, share=0.5, seed=1) as address:
        yield address


def has_component() -> bool:
    """Whether gcloud brings the emulator."""
    command = ["gcloud", "components", "list", "--only-local-state", "--format=value(id)"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return "cloud-datastore-emulator" in result.stdout.split()
