"""The rules for entities and keys that are about to be written, with the service's code: INVALID_ARGUMENT.

Messages come in; they are put into stored form on the way (timestamps cut to microseconds, key values given the
request's project), or refused with a sentence that names the field. Reads are held to the weaker rules of `read_key`:
reserved names may be read.

How much is allowed comes in as Limits; the shortcuts for short texts are where most of the speed is, since nearly
every text is short.
"""

import re
from collections.abc import Callable
from typing import NoReturn

from consistency.emulator.status import invalid
from consistency.emulator.values.keys import describe_key
from consistency.emulator.values.limits import Limits, too_much
from consistency.emulator.values.meanings import VECTOR, check_meaning
from consistency.emulator.values.messages import Message

_SURELY_SHORT = 1_500 // 4  # characters: no text of so few has more bytes than the smallest limit
_RESERVED = re.compile(r"__.*__", re.DOTALL)
_NAMESPACE = re.compile(r"[A-Za-z\d.\-_]{0,100}")
_YEAR_1_S, _YEAR_10000_S = -62_135_596_800, 253_402_300_800


def check_written_key(key: Message, limits: Limits) -> None:
    """Refuse a key that may be read but not written: too long, or reserved."""
    if len(key.path) > limits.path_elements:
        raise invalid(f"The key path has more than {limits.path_elements} elements.")
    for element in key.path:
        kind, name = element.kind, element.name
        if kind[0] == "_" or len(kind) > _SURELY_SHORT:
            _check_name("kind", kind, limits)
        if name and (name[0] == "_" or len(name) > _SURELY_SHORT):
            _check_name("key name", name, limits)
    if key.partition_id.namespace_id:
        check_namespace(key.partition_id.namespace_id)
    if key.ByteSize() > limits.key_bytes:
        raise too_much("The key", limits.key_bytes, "bytes")


def check_namespace(namespace: str) -> None:
    """Refuse a namespace outside [A-Za-z0-9._-]{0,100}, or reserved."""
    if not _NAMESPACE.fullmatch(namespace) or _RESERVED.fullmatch(namespace):
        raise invalid(f'The namespace "{namespace}" is not allowed.')


def check_place(project: str, database: str) -> None:
    """Refuse a request to no project, or to the default database by a name that it does not have."""
    if not project:
        raise invalid("The request names no project.")
    if database == "(default)":
        raise invalid('"(default)" is an invalid database_id: the default database is named by an empty one.')


def check_written_place(project: str, database: str) -> None:
    """Refuse a write to what `check_place` refuses, or to a reserved project."""
    check_place(project, database)
    if project[0] == "_" and _RESERVED.fullmatch(project):
        raise invalid(f'The project "{project}" is reserved.')


def check_properties(entity: Message, project: str, limits: Limits, depth: int = 0) -> None:
    """Check each property of an entity and put its values into stored form."""
    if depth > limits.depth:
        raise invalid(f"Entities are nested more than {limits.depth} deep.")
    properties = entity.properties
    for name in properties:  # items() of such a map is Python's own, and slow
        value = properties[name]
        if not name:
            raise invalid("A property name is empty.")
        if name[0] == "_" or len(name) > _SURELY_SHORT:
            _check_name("property name", name, limits)
        kind = value.WhichOneof("value_type")
        if value.meaning:
            check_meaning(name, kind, value)
        check = _CHECKS.get(kind, _refuse_missing)
        if check is not None:
            check(name, value, project, limits, depth)


def check_element(name: str, element: Message, project: str, limits: Limits, depth: int = 0) -> None:
    """Check one element of the array of property `name` and put it into stored form."""
    kind = element.WhichOneof("value_type")
    if kind == "array_value":
        raise invalid(f'The array of property "{name}" contains an array.')
    if element.meaning:
        check_meaning(name, kind, element)
    check = _CHECKS.get(kind, _refuse_missing)
    if check is not None:
        check(name, element, project, limits, depth)


def _check_name(what: str, name: str, limits: Limits) -> None:
    if len(name.encode()) > limits.name_bytes:
        raise too_much(f"The {what}", limits.name_bytes, "bytes")
    if name.startswith("__") and _RESERVED.fullmatch(name):
        raise invalid(f'The {what} "{name}" is reserved.')


def _refuse_missing(name: str, *_: object) -> NoReturn:
    raise invalid(f'The value of property "{name}" has no type.')


def _check_string(name: str, value: Message, _project: str, limits: Limits, _depth: int) -> None:
    text = value.string_value
    if len(text) > _SURELY_SHORT:
        _check_size(name, value, len(text.encode()), limits)


def _check_blob(name: str, value: Message, _project: str, limits: Limits, _depth: int) -> None:
    if len(value.blob_value) > _SURELY_SHORT:
        _check_size(name, value, len(value.blob_value), limits)


def _check_size(name: str, value: Message, size: int, limits: Limits) -> None:
    limit = limits.unindexed_bytes if value.exclude_from_indexes else limits.indexed_bytes
    if size > limit:
        raise too_much(f'The value of property "{name}"', limit, "bytes")


def _check_timestamp(name: str, value: Message, _project: str, _limits: Limits, _depth: int) -> None:
    stamp = value.timestamp_value
    if not (_YEAR_1_S <= stamp.seconds < _YEAR_10000_S and 0 <= stamp.nanos < 1_000_000_000):
        raise invalid(f'The timestamp of property "{name}" is outside the years 1 to 9999.')
    if stamp.nanos % 1000:
        stamp.nanos -= stamp.nanos % 1000


def _check_point(name: str, value: Message, _project: str, _limits: Limits, _depth: int) -> None:
    point = value.geo_point_value
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise invalid(f'The point of property "{name}" is outside latitude -90 to 90, longitude -180 to 180.')


def _check_key(name: str, value: Message, project: str, _limits: Limits, _depth: int) -> None:
    key = value.key_value
    if not key.path:
        raise invalid(f'The key in property "{name}" has no path.')
    if not all(element.kind and (element.name or element.id) for element in key.path):
        raise invalid(f'The key in property "{name}" is incomplete: [{describe_key(key)}].')
    if not key.partition_id.project_id:
        key.partition_id.project_id = project


def _check_array(name: str, value: Message, project: str, limits: Limits, depth: int) -> None:
    if value.meaning == VECTOR:
        if not value.exclude_from_indexes:
            raise invalid(f'The vector of property "{name}" must be excluded from indexes.')
    elif value.exclude_from_indexes:
        raise invalid(f'The array of property "{name}" cannot be excluded from indexes; its elements can.')
    for element in value.array_value.values:
        check_element(name, element, project, limits, depth)


def _check_entity(_name: str, value: Message, project: str, limits: Limits, depth: int) -> None:
    check_properties(value.entity_value, project, limits, depth + 1)


_Check = Callable[[str, Message, str, Limits, int], None]
_CHECKS: dict[str, _Check | None] = {
    "null_value": None,
    "boolean_value": None,
    "integer_value": None,
    "double_value": None,
    "string_value": _check_string,
    "blob_value": _check_blob,
    "timestamp_value": _check_timestamp,
    "geo_point_value": _check_point,
    "key_value": _check_key,
    "array_value": _check_array,
    "entity_value": _check_entity,
}
