"""Property masks: which properties a read returns and which a write changes.

A mask comes in as its paths. `__key__` stands for the key, which is always there, so it selects nothing more.
"""

from collections.abc import Iterable

from consistency.emulator.values.messages import Entity, Message
from consistency.emulator.values.properties import KEY, find_value, open_value, remove_value, split_path

Mask = tuple[str, ...]


def read_mask(message: Message) -> Mask:
    """The paths of a PropertyMask message; INVALID_ARGUMENT when one cannot be meant."""
    mask = tuple(path for path in message.paths if path != KEY)
    for path in mask:
        split_path(path)
    return mask


def select_properties(entity: Message, mask: Iterable[str]) -> Message:
    """A copy of an Entity message with its key and only the properties of the mask that it has."""
    selected = Entity(key=entity.key)
    _copy_values(entity, selected, mask)
    return selected


def select_stored(body: bytes, mask: Mask) -> bytes:
    """`select_properties` of a stored entity, serialised."""
    selected: bytes = select_properties(Entity.FromString(body), mask).SerializePartialToString(deterministic=True)
    return selected


def merge_properties(written: Message, stored: Message, mask: Iterable[str]) -> Message:
    """`stored` with the masked properties taken from `written`: those that it lacks are removed."""
    merged = Entity()
    merged.CopyFrom(stored)
    merged.key.CopyFrom(written.key)
    for path in mask:
        remove_value(merged, path)
    _copy_values(written, merged, mask)
    return merged


def _copy_values(source: Message, target: Message, mask: Iterable[str]) -> None:
    for path in mask:
        value = find_value(source, path)
        if value is not None:
            place = target.properties[path] if path in source.properties else open_value(target, path)
            place.CopyFrom(value)
