"""find_nearest in RunQuery: its rules, and its results as one batch.

A vector is an array of doubles with meaning 31, excluded from indexes; so the entities that a query finds are looked
at one by one, and sent in the order of their distance, with the distance as one more property if that is asked for.
"""

from collections.abc import Iterable, Iterator

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import View
from consistency.emulator.query.nearest import Measure, Nearest, Vector, find_nearest
from consistency.emulator.query.walks import Result
from consistency.emulator.status import invalid
from consistency.emulator.values.framing import frame_result, stamp_bytes
from consistency.emulator.values.masks import Mask, select_properties
from consistency.emulator.values.messages import Entity, Message
from consistency.emulator.values.properties import find_value

_VECTOR_MEANING = 31
_MOST_DIMENSIONS, _MOST_RESULTS = 2_048, 100


def read_nearest(query: Message) -> Nearest | None:
    """The FindNearest of a Query message, None without one; INVALID_ARGUMENT where its rules are broken."""
    if not query.HasField("find_nearest"):
        return None
    message = query.find_nearest
    vector = read_vector(message.query_vector)
    if vector is None or not vector:
        raise invalid("Query Value must be of type vector.")
    if len(vector) > _MOST_DIMENSIONS:
        raise invalid(f"A query vector has at most {_MOST_DIMENSIONS} dimensions.")
    if message.distance_measure not in set(Measure):
        raise invalid("Unknown Distance Measure.")
    if not 0 < message.limit.value <= _MOST_RESULTS:
        raise invalid(f"FindNearest.limit must be a positive integer of no more than {_MOST_RESULTS}")
    if not message.vector_property.name:
        raise invalid("FindNearest.vector_property is empty.")
    for used, what in ((query.offset, "offset"), (query.HasField("limit"), "limit"), (query.projection, "projection")):
        if used:
            raise invalid(f"A query {what} cannot be used with FindNearest")
    threshold = message.distance_threshold.value if message.HasField("distance_threshold") else None
    return Nearest(
        message.vector_property.name, vector, Measure(message.distance_measure), message.limit.value, threshold,
        message.distance_result_property,
    )  # fmt: skip


def read_vector(value: Message | None) -> Vector | None:
    """The numbers of a vector value, None for any other value."""
    if value is None or value.meaning != _VECTOR_MEANING or value.WhichOneof("value_type") != "array_value":
        return None
    return tuple(element.double_value for element in value.array_value.values)


def frame_nearest(
    nearest: Nearest, found: Iterable[Result], partition: Partition, view: View, mask: Mask | None
) -> list[bytes]:
    """The framed EntityResults of the nearest among the results found."""
    framed: list[bytes] = []
    for distance, path in find_nearest(nearest, _vectors(nearest.name, found, partition, view)):
        version = partition.find_body(path, view)
        if version is not None and version.body is not None:
            entity = Entity.FromString(version.body)
            if mask is not None:
                entity = select_properties(entity, mask)
            if nearest.result_name:
                entity.properties[nearest.result_name].double_value = distance
            content = entity.SerializePartialToString(deterministic=True)
            framed.append(frame_result(content, stamp_bytes(version.number, version.created)))
    return framed


def _vectors(name: str, found: Iterable[Result], partition: Partition, view: View) -> Iterator[tuple[bytes, Vector]]:
    for _, path in found:
        version = partition.find_body(path, view)
        if version is not None and version.body is not None:
            vector = read_vector(find_value(Entity.FromString(version.body), name))
            if vector is not None:
                yield path, vector
