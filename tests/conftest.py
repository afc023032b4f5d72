"""What several tests need of the machine."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from consistency.backends.google import start_google_emulator

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # no test may fail because the machine was slow

GOOGLE_PROJECT = "tests"


@pytest.fixture(scope="session")
def google_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Google's legacy emulator at a free port; whoever uses it sets its coin."""
    if shutil.which("gcloud") is None:
        pytest.skip("gcloud is not on PATH: Google's emulator cannot be started")
    log: Path = tmp_path_factory.mktemp("google") / "emulator.log"
    if not has_component():
        pytest.skip("gcloud has no cloud-datastore-emulator component")
    with start_google_emulator(GOOGLE_PROJECT, log, share=0.5, seed=1) as address:
        yield address


def has_component() -> bool:
    """Whether gcloud brings the emulator."""
    command = ["gcloud", "components", "list", "--only-local-state", "--format=value(id)"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return "cloud-datastore-emulator" in result.stdout.split()
