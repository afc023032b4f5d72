"""What of Google's SDK is on the machine."""

import functools
import shutil
import subprocess

import pytest


def require_component(name: str) -> None:
    """Skip with one line unless gcloud brings the component `name`."""
    if shutil.which("gcloud") is None:
        pytest.skip("gcloud is not on PATH: Google's emulators cannot be started")
    if name not in _local_components():
        pytest.skip(f"gcloud has no {name} component")


@functools.cache
def _local_components() -> frozenset[str]:
    command = ["gcloud", "components", "list", "--only-local-state", "--format=value(id)"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return frozenset(result.stdout.split())
