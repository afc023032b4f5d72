"""The rules for entities and keys that are about to be written, with the service's code: INVALID_ARGUMENT.

Messages come in; they are put into stored form on the way (timestamps cut to microseconds, key values given the
request's project), or refused with a sentence that names the field. Limits are today's (1,500 bytes of indexed text,
1,048,572 bytes an entity). Reads are held to the weaker rules of `read_key`: reserved names may be read.
"""

import re
from collections.abc import Callable
from typing import NoReturn

from consistency.emulator.status import invalid
from consistency.emulator.values.keys import describe_key
from consistency.emulator.values.messages import Message

ENTITY_LIMIT = 1_048_572
_TEXT_LIMIT = 1_500
_SURELY_SHORT = _TEXT_LIMIT // 4  # characters: no text of so few has more bytes than the limit
_PATH_LIMIT = 100
_DEPTH_LIMIT = 20
_RESERVED = re.compile(r"__.*__", re.DOTALL)
_NAMESPACE = re.compile(r"[A-Za-z\d.\-_]{0,100}")
_YEAR_1_S, _YEAR_10000_S = -62_135_596_800, 253_402_300_800


def check_written_key(key: Message) -> None:
    """Refuse a key that may be read but not written: too long, or reserved."""
    if len(key.path) > _PATH_LIMIT:
        raise invalid(f"A key path has at most {_PATH_LIMIT} elements.")
    for element in key.path:
        kind, name = element.kind, element.name
        if kind[0] == "_" or len(kind) > _SURELY_SHORT:
            _check_name("kind", kind)
        if name and (name[0] == "_" or len(name) > _SURELY_SHORT):
            _check_name("key name", name)
    if key.partition_id.namespace_id:
        check_namespace(key.partition_id.namespace_id)


def check_namespace(namespace: str) -> None:
    """Refuse a namespace outside [A-Za-z0-9._-]{0,100}, or reserved."""
    if not _NAMESPACE.fullmatch(namespace) or _RESERVED.fullmatch(namespace):
        raise invalid(f'The namespace "{namespace}" is not allowed.')


def check_properties(entity: Message, project: str, depth: int = 0) -> None:
    """Check each property of an entity and put its values into stored form."""
    if depth > _DEPTH_LIMIT:
        raise invalid(f"Entities are nested more than {_DEPTH_LIMIT} deep.")
    for name, value in entity.properties.items():
        if not name:
            raise invalid("A property name is empty.")
        if name[0] == "_" or len(name) > _SURELY_SHORT:
            _check_name("property name", name)
        check = _CHECKS.get(value.WhichOneof("value_type"), _refuse_missing)
        if check is not None:
            check(name, value, project, depth)


def _check_name(what: str, name: str) -> None:
    if len(name.encode()) > _TEXT_LIMIT:
        raise invalid(f"The {what} is longer than {_TEXT_LIMIT} bytes.")
    if name.startswith("__") and _RESERVED.fullmatch(name):
        raise invalid(f'The {what} "{name}" is reserved.')


def _refuse_missing(name: str, *_: object) -> NoReturn:
    raise invalid(f'The value of property "{name}" has no type.')


def _check_string(name: str, value: Message, _project: str, _depth: int) -> None:
    text = value.string_value
    if len(text) > _SURELY_SHORT and not value.exclude_from_indexes and len(text.encode()) > _TEXT_LIMIT:
        raise invalid(f'The value of property "{name}" is longer than {_TEXT_LIMIT} bytes.')


def _check_blob(name: str, value: Message, _project: str, _depth: int) -> None:
    if len(value.blob_value) > _TEXT_LIMIT and not value.exclude_from_indexes:
        raise invalid(f'The value of property "{name}" is longer than {_TEXT_LIMIT} bytes.')


def _check_timestamp(name: str, value: Message, _project: str, _depth: int) -> None:
    stamp = value.timestamp_value
    if not (_YEAR_1_S <= stamp.seconds < _YEAR_10000_S and 0 <= stamp.nanos < 1_000_000_000):
        raise invalid(f'The timestamp of property "{name}" is outside the years 1 to 9999.')
    if stamp.nanos % 1000:
        stamp.nanos -= stamp.nanos % 1000


def _check_point(name: str, value: Message, _project: str, _depth: int) -> None:
    point = value.geo_point_value
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise invalid(f'The point of property "{name}" is outside latitude -90 to 90, longitude -180 to 180.')


def _check_key(name: str, value: Message, project: str, _depth: int) -> None:
    if not value.key_value.path:
        raise invalid(f'The key in property "{name}" has no path: [{describe_key(value.key_value)}].')
    if not value.key_value.partition_id.project_id:
        value.key_value.partition_id.project_id = project


def _check_array(name: str, value: Message, project: str, depth: int) -> None:
    if value.exclude_from_indexes:
        raise invalid(f'The array of property "{name}" cannot be excluded from indexes; its elements can.')
    for element in value.array_value.values:
        kind = element.WhichOneof("value_type")
        if kind == "array_value":
            raise invalid(f'The array of property "{name}" contains an array.')
        check = _CHECKS.get(kind, _refuse_missing)
        if check is not None:
            check(name, element, project, depth)


def _check_entity(_name: str, value: Message, project: str, depth: int) -> None:
    check_properties(value.entity_value, project, depth + 1)


_Check = Callable[[str, Message, str, int], None]
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
