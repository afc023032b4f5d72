"""How much of a line is drawn: enough for the eye, whatever n is.

A number of points comes in, the positions of those to keep go out. Stairs have two corners for each point, so a line
of LINE_POINTS points, and its two ends, has at most 400 vertices.
"""

import numpy as np
import numpy.typing as npt

LINE_POINTS = 195


def pick_evenly(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most `most` positions of 0 … count-1, evenly spread, with the first and the last."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))
