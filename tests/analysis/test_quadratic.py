"""The quadratic step alone, where no observation ties two unknown masses together."""

import numpy as np
import pytest

from consistency.analysis.quadratic import aim
from consistency.analysis.ranges import Ranges


@pytest.mark.parametrize("unit", [1.0, 0.3, 0.01])
def test_the_unit_of_the_weights_does_not_matter(unit: float) -> None:
    """The least of (2 a - 2)^2 + 1.5 (2 b - 2)^2 with a + b = 1 is at a - 1 = 1.5 (b - 1), for weights below 1 too."""
    ranges = Ranges(np.array([0, 1]), np.array([1, 2]), unit * np.array([[1.0, 1.5]]), cells=2)
    masses = aim(ranges, np.array([[0.5, 0.5]]), np.ones((1, 2), bool))
    assert masses == pytest.approx(np.array([[0.4, 0.6]]))
