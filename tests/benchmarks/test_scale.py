"""The benchmarks of scale and of models run, on as little as they can. No figure is judged."""

import pytest

from benchmarks import models, scale
from benchmarks.rounds import Size
from consistency.emulator.models import MODELS

pytestmark = pytest.mark.slow
TINY = Size(rounds=1, share=0.002, entities=2)


class TestScale:
    def test_every_part_is_measured(self) -> None:
        """Queries, writes, kept writes and one reopening."""
        names = [line[0] for line in scale.measure(TINY).lines]
        assert {"query for 1 among 2,000", "Commit that is kept", "reopening 200"} <= set(names)

    def test_a_reopened_store_has_its_entities(self) -> None:
        """Otherwise opening it would be cheap for a bad reason."""
        assert scale.reopen(50)["opened_s"] > 0


class TestModels:
    def test_every_model_there_is_stands_beside_strong(self) -> None:
        """At rest and lagging, for each kind of call."""
        lines = models.measure(TINY).lines
        assert len(lines) == len(MODELS) * 2 * len(models.ASKED)
        assert all(bool(line[5]) == (models.STRONG not in line[0]) for line in lines)
