"""Meanings: what a value stands for besides its type, left from the days of App Engine.

A value that says one comes in; it is refused with INVALID_ARGUMENT where the type has no such meaning. The table is
what both of Google's emulators take (each was sent every meaning with every type); they differ in 23, a point that once
had no meaning, which today's does not take.
"""

from consistency.emulator.status import invalid
from consistency.emulator.values.messages import Message

VECTOR = 31  # an array of doubles
_TIMESTAMP, _PERCENT, _INDEX_VALUE = 7, 13, 18
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999
_ALLOWED: dict[str, frozenset[int]] = {
    "integer_value": frozenset({_TIMESTAMP, _PERCENT, 29, 30}),
    "string_value": frozenset({1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 15, 17}),
    "blob_value": frozenset({16, 22}),
    "geo_point_value": frozenset({23}),
    "entity_value": frozenset({20}),
    "array_value": frozenset({VECTOR}),
}
_UNINDEXED = frozenset({15, 22})  # long text and compressed bytes


def check_meaning(name: str, kind: str | None, value: Message) -> None:
    """Refuse the meaning, not 0, of a value of property `name` and type `kind` where there is no such meaning."""
    meaning: int = value.meaning
    if meaning == _INDEX_VALUE:
        raise invalid(f'The value of property "{name}" has meaning 18, of what is read from an index.')
    if meaning not in _ALLOWED.get(kind or "", ()):
        raise invalid(f'The value of property "{name}" has meaning {meaning}, which its type {kind} does not have.')
    if meaning in _UNINDEXED and not value.exclude_from_indexes:
        raise invalid(f'The indexed value of property "{name}" has meaning {meaning}, of what is not indexed.')
    if meaning == _PERCENT and not 0 <= value.integer_value <= 100:
        raise invalid(f'The value of property "{name}" has meaning 13, a percentage, and is outside 0 to 100.')
    if meaning == _TIMESTAMP and _FIRST_US <= value.integer_value <= _LAST_US:
        raise invalid(f'The value of property "{name}" is a time of the years 1 to 9999: store it as a timestamp.')
