"""The index entries of an entity: a pair of property name and encoded value for each row.

One entry per distinct indexed value: an array has one for each different element, an empty array none, a property
excluded from indexes none. Properties of an embedded entity are indexed as `outer.inner`.
"""

from collections.abc import Iterator

from consistency.emulator.values.messages import Entity, Message
from consistency.emulator.values.ordering import ENCODERS, encode_value

IndexEntry = tuple[str, bytes]
IndexEntries = dict[IndexEntry, None]  # a set that keeps its order: the same entity, the same order of rows


def list_entries(entity: Message) -> IndexEntries:
    """The distinct index entries of an Entity message."""
    entries: IndexEntries = {}
    properties = entity.properties
    for name in properties:  # items() of such a map is Python's own, and slow
        value = properties[name]
        if not value.exclude_from_indexes:
            kind = value.WhichOneof("value_type")
            encode = ENCODERS.get(kind)
            if encode is not None:
                entries[name, encode(value)] = None
            else:
                entries.update(dict.fromkeys(_nested_entries(name, value)))
    return entries


def stored_entries(body: bytes) -> IndexEntries:
    """The index entries of a stored entity."""
    return list_entries(Entity.FromString(body))


def _nested_entries(name: str, value: Message) -> Iterator[IndexEntry]:
    if value.exclude_from_indexes:
        return
    kind = value.WhichOneof("value_type")
    if kind == "array_value":
        for element in value.array_value.values:
            yield from _nested_entries(name, element)
    elif kind == "entity_value":
        for inner, inner_value in value.entity_value.properties.items():
            yield from _nested_entries(f"{name}.{inner}", inner_value)
    else:
        yield name, encode_value(value)
