"""Values of the old API and of v1, each from the other.

    v1                     old
    null, boolean          as they are
    integer, double        as they are
    string                 bytes of text
    timestamp              integer of microseconds, meaning 7
    blob                   bytes, meaning 16 where it is indexed, else 14; compressed ones say so by their URI
    point                  point, meaning 9
    entity                 bytes of an EntityProto, meaning 19; a user (meaning 20) is a value of its own
    key                    reference

What has another meaning keeps it. (The table is what Google's legacy emulator wrote for each type of value.)
"""

from collections.abc import Callable

from consistency.emulator.exports.keys import Move, read_reference, write_reference
from consistency.emulator.exports.protos import Message
from consistency.emulator.values.framing import set_time

BLOB, BYTESTRING, ENTITY = 14, 16, 19
_WHEN, _POINT, _USER, _COMPRESSED, _PLAIN_POINT = 7, 9, 20, 22, 23  # the last two only in v1
_ZLIB = "ZLIB"
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999
_USER_FIELDS = {
    "email": "email",
    "auth_domain": "auth_domain",
    "user_id": "obfuscated_gaiaid",
    "federated_identity": "federated_identity",
    "federated_provider": "federated_provider",
}


def write_value(value: Message, held: Message) -> None:
    """Put a v1 Value that is neither array nor entity into a Property, whose name and place are the caller's."""
    held.value.SetInParent()  # nothing in it is null
    if value.meaning:
        held.meaning = value.meaning
    write = _WRITERS.get(value.WhichOneof("value_type"))
    if write is not None:
        write(value, held)


def write_user(value: Message, held: Message) -> None:
    """Put a v1 entity that is a user into a Property."""
    user, properties = held.value.uservalue, value.entity_value.properties
    user.email = user.auth_domain = ""
    user.gaiaid = properties["internal_id"].integer_value if "internal_id" in properties else 0
    for name, field in _USER_FIELDS.items():
        if name in properties:
            setattr(user, field, properties[name].string_value)


def is_user(value: Message) -> bool:
    """Whether a v1 Value is an entity that stands for a user."""
    return bool(value.meaning == _USER and value.WhichOneof("value_type") == "entity_value")


def read_value(held: Message, value: Message, move: Move) -> None:
    """Put a Property that holds no entity into a v1 Value."""
    if held.meaning:
        value.meaning = held.meaning
    content = held.value
    if content.HasField("int64"):
        _read_integer(held, value)
    elif content.HasField("boolean"):
        value.boolean_value = content.boolean
    elif content.HasField("string"):
        _read_bytes(held, value)
    elif content.HasField("double"):
        value.double_value = content.double
    elif content.HasField("pointvalue"):
        value.geo_point_value.latitude, value.geo_point_value.longitude = content.pointvalue.x, content.pointvalue.y
        value.meaning = 0 if held.meaning == _POINT else _PLAIN_POINT
    elif content.HasField("referencevalue"):
        reference = content.referencevalue
        value.key_value.SetInParent()
        read_reference(reference, reference.pathelement, value.key_value, move)
    elif content.HasField("uservalue"):
        _read_user(content.uservalue, value)
    else:
        value.null_value = 0


def _read_integer(held: Message, value: Message) -> None:
    number = held.value.int64
    if held.meaning == _WHEN and _FIRST_US <= number <= _LAST_US:
        value.meaning = 0
        set_time(value.timestamp_value, number)
    else:
        value.integer_value = number


def _read_bytes(held: Message, value: Message) -> None:
    content = held.value.string
    if held.meaning_uri == _ZLIB:
        value.blob_value, value.meaning = content, _COMPRESSED
    elif held.meaning in {BLOB, BYTESTRING}:
        value.blob_value, value.meaning = content, 0
    else:
        try:
            value.string_value = content.decode()
        except UnicodeDecodeError:
            value.blob_value, value.meaning = content, 0


def _read_user(user: Message, value: Message) -> None:
    value.meaning = _USER
    properties = value.entity_value.properties
    for name, field in _USER_FIELDS.items():
        if user.HasField(field):
            properties[name].string_value = getattr(user, field)
            properties[name].exclude_from_indexes = True
    if user.gaiaid:
        properties["internal_id"].integer_value = user.gaiaid
        properties["internal_id"].exclude_from_indexes = True


def _write_integer(value: Message, held: Message) -> None:
    held.value.int64 = value.integer_value


def _write_boolean(value: Message, held: Message) -> None:
    held.value.boolean = value.boolean_value


def _write_double(value: Message, held: Message) -> None:
    held.value.double = value.double_value


def _write_string(value: Message, held: Message) -> None:
    held.value.string = value.string_value.encode()


def _write_blob(value: Message, held: Message) -> None:
    held.value.string = value.blob_value
    if value.meaning == _COMPRESSED:
        held.meaning_uri = _ZLIB
    if value.meaning != BYTESTRING:
        held.meaning = BLOB if value.exclude_from_indexes else BYTESTRING


def _write_timestamp(value: Message, held: Message) -> None:
    stamp = value.timestamp_value
    held.value.int64, held.meaning = stamp.seconds * 1_000_000 + stamp.nanos // 1000, _WHEN


def _write_point(value: Message, held: Message) -> None:
    point = held.value.pointvalue
    point.x, point.y = value.geo_point_value.latitude, value.geo_point_value.longitude
    held.meaning = 0 if value.meaning == _PLAIN_POINT else _POINT


def _write_key(value: Message, held: Message) -> None:
    reference = held.value.referencevalue
    write_reference(value.key_value, reference, reference.pathelement)


_WRITERS: dict[str, Callable[[Message, Message], None]] = {
    "boolean_value": _write_boolean,
    "integer_value": _write_integer,
    "double_value": _write_double,
    "string_value": _write_string,
    "blob_value": _write_blob,
    "timestamp_value": _write_timestamp,
    "geo_point_value": _write_point,
    "key_value": _write_key,
}
