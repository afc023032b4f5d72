"""Every checker against its definition, on random small histories. (The benchmark does ten times as many.)"""

import pytest

from consistency.analysis.checkers import CHECKERS
from tests.analysis.checkers.comparing import COMPARISONS, join
from tests.analysis.checkers.drawing import draw_registers

COUNT = 1000
SEED = 20261121


@pytest.mark.slow
class TestAgainstDefinitions:
    @pytest.mark.parametrize("name", COMPARISONS)
    def test_no_history_differs(self, name: str) -> None:
        """1,000 histories, the same ones each time."""
        assert COMPARISONS[name](SEED, COUNT) == []

    def test_atomic_is_linearizable_for_one_writer(self) -> None:
        """Two checkers that share no rule."""
        history = join(draw_registers(SEED, COUNT, sequential=True))
        broken = [
            {anomaly.item for anomaly in CHECKERS[name](history, 0).anomalies} for name in ("atomic", "linearizable")
        ]
        assert broken[0] == broken[1]
        assert len(broken[0]) > COUNT // 10
