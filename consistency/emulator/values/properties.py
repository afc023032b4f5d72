"""Property paths: a property by its name, or one inside embedded entities by names with dots between them.

A path comes in as text, its names go out: `a.b` is property b inside the entity value a; a name with a dot in it
stands in backquotes, or the dot behind a backslash. A name that was stored with a dot (older clients flatten
structures so) is found by the plain text first, since nothing else could be meant.
"""

import re
from functools import lru_cache

from consistency.emulator.status import invalid
from consistency.emulator.values.messages import Message

KEY = "__key__"
_NAME = re.compile(r"`((?:[^`\\]|\\.)+)`|((?:[^.`\\]|\\.)+)", re.DOTALL)
_RESERVED = re.compile(r"__.*__", re.DOTALL)


@lru_cache(maxsize=1024)
def split_path(path: str) -> tuple[str, ...]:
    """The names along a property path; INVALID_ARGUMENT when one is empty or reserved."""
    names: list[str] = []
    place = 0
    while found := _NAME.match(path, place):
        names.append(re.sub(r"\\(.)", r"\1", found[1] or found[2], flags=re.DOTALL))
        place = found.end() + 1
        if found.end() == len(path):
            break
    if not names or place != len(path) + 1:
        raise invalid(f'"{path}" is not a property path.')
    if reserved := next((name for name in names if _RESERVED.fullmatch(name)), None):
        raise invalid(f'The property path "{path}" names the reserved property "{reserved}".')
    return tuple(names)


def find_value(entity: Message, path: str) -> Message | None:
    """The value at a path inside an Entity message, None where there is none."""
    if path in entity.properties:
        return entity.properties[path]
    holder, name = _holder(entity, split_path(path))
    return holder.properties[name] if holder is not None and name in holder.properties else None


def open_value(entity: Message, path: str) -> Message:
    """The value at a path inside an Entity message, made empty where it is missing; entities on the way too."""
    if path in entity.properties:
        return entity.properties[path]
    *outer, name = split_path(path)
    for step in outer:
        value = entity.properties[step]
        if value.WhichOneof("value_type") != "entity_value":
            value.entity_value.SetInParent()
        entity = value.entity_value
    return entity.properties[name]


def remove_value(entity: Message, path: str) -> None:
    """Take the value at a path out of an Entity message, if it is there."""
    if path in entity.properties:
        del entity.properties[path]
        return
    holder, name = _holder(entity, split_path(path))
    if holder is not None and name in holder.properties:
        del holder.properties[name]


def _holder(entity: Message, names: tuple[str, ...]) -> tuple[Message | None, str]:
    """The innermost entity on the way to the last name, None where the way breaks off."""
    for step in names[:-1]:
        if step not in entity.properties:
            return None, names[-1]
        value = entity.properties[step]
        if value.WhichOneof("value_type") != "entity_value":
            return None, names[-1]
        entity = value.entity_value
    return entity, names[-1]
