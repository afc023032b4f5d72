"""One value of every type, as an export has to carry it: for the old form, for folders and for Google's emulator."""

from consistency.emulator.values.messages import Entity, Message, Value
from tests.emulator.talk import Talk, entity_of, set_value, unindexed


def make_properties(talk: Talk) -> dict[str, object]:
    """By name; keys are of the talk's namespace."""
    stamp = Value()
    stamp.timestamp_value.seconds, stamp.timestamp_value.nanos = 1_700_000_000, 123_456_000
    point = Value()
    point.geo_point_value.latitude, point.geo_point_value.longitude = 1.5, -2.25
    keyed = _excluded(
        entity_of(talk.key("Inner", 3), {"x": 1, "text": "why", "list": [1, "a"], "rest": unindexed("q")})
    )
    nested = _excluded(entity_of(talk.key("Inner", 4), {"inner": keyed, "stamp": stamp}))
    unindexed_stamp = Value(timestamp_value=stamp.timestamp_value, exclude_from_indexes=True)
    return {
        "null": None,
        "boolean": True,
        "integer": 5,
        "negative": -(1 << 63),
        "double": 2.5,
        "text": "täxt",
        "bytes": b"\xff\x01",
        "stamp": stamp,
        "point": point,
        "reference": talk.key("Parent", 1, "Kind", "x"),
        "array": [1, "two", 3.0, None],
        "single": [1],
        "empty": [],
        "keyed": keyed,
        "keyless": _excluded(_without_key({"x": 5})),
        "nothing": _excluded(Entity()),
        "nested": nested,
        "entities": [keyed, _excluded(_without_key({"y": [1, 2]}))],
        "unindexed text": unindexed("long" * 1000),
        "unindexed bytes": unindexed(b"\0\1"),
        "unindexed integer": unindexed(9),
        "unindexed stamp": unindexed_stamp,
        "unindexed array": [unindexed("a"), unindexed("b")],
        "mixed array": [1, unindexed(2)],
        "unindexed null": unindexed(None),
        "unindexed boolean": unindexed(False),
        "a name with.signs/ü": 1,
        "long text": Value(string_value="long", meaning=15, exclude_from_indexes=True),
    }


def _without_key(properties: dict[str, object]) -> Message:
    entity = Entity()
    for name, value in properties.items():
        set_value(entity.properties[name], value)
    return entity


def _excluded(entity: Message) -> Message:
    value = Value(exclude_from_indexes=True)
    value.entity_value.CopyFrom(entity)
    return value
