"""What every client gets: an empty emulator, and the environment that names it. Nothing else tells it where to go."""

from collections.abc import Iterator

import pytest

from consistency.emulator.library import Emulator
from consistency.emulator.service.service import PREFIX, RPCS

PROJECT = "clients"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that DATASTORE_EMULATOR_HOST names."""
    with Emulator() as opened:
        for name, value in opened.variables(PROJECT).items():
            monkeypatch.setenv(name, value)
        yield opened


@pytest.fixture
def _aggregations() -> None:
    """Skip where the emulator does not aggregate."""
    if PREFIX + "RunAggregationQuery" not in RPCS:
        pytest.skip("the emulator has no RunAggregationQuery")
