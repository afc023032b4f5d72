"""The results of a query that are nearest to a vector: the last of a query's stages.

Results and their vectors come in, the nearest go out with their distances, nearest first and equal ones by key. It
looks at every result that the query finds, as a scan without a vector index does.

    EUCLIDEAN |a - b|      COSINE 1 - a.b / |a||b|      DOT_PRODUCT a.b, and there the greatest is the nearest
"""

from collections.abc import Iterable
from enum import IntEnum
from heapq import nsmallest
from math import dist, hypot
from typing import NamedTuple, TypeAlias

Vector: TypeAlias = tuple[float, ...]


class Measure(IntEnum):
    """How distance is measured; the numbers are FindNearest.DistanceMeasure's."""

    EUCLIDEAN = 1
    COSINE = 2
    DOT_PRODUCT = 3


class Nearest(NamedTuple):
    """Which vectors are wanted: near to `vector`, at most `limit`, and not beyond `threshold`."""

    name: str
    vector: Vector
    measure: Measure
    limit: int
    threshold: float | None
    result_name: str


def find_nearest(nearest: Nearest, found: Iterable[tuple[bytes, Vector]]) -> list[tuple[float, bytes]]:
    """Distance and key path of the nearest; vectors of other dimensions are passed over."""
    sign = -1 if nearest.measure is Measure.DOT_PRODUCT else 1
    near: list[tuple[float, bytes]] = []
    for path, vector in found:
        if len(vector) == len(nearest.vector):
            distance = measure_distance(nearest.measure, nearest.vector, vector)
            if distance is not None and (nearest.threshold is None or sign * distance <= sign * nearest.threshold):
                near.append((sign * distance, path))
    return [(sign * distance, path) for distance, path in nsmallest(nearest.limit, near)]


def measure_distance(measure: Measure, one: Vector, other: Vector) -> float | None:
    """The distance of two vectors of equal length; None where a vector without length has no angle."""
    if measure is Measure.EUCLIDEAN:
        return dist(one, other)
    product = sum(left * right for left, right in zip(one, other, strict=True))
    if measure is Measure.DOT_PRODUCT:
        return product
    lengths = hypot(*one) * hypot(*other)
    return 1 - product / lengths if lengths else None
