"""Stored bytes put into replies without being parsed: the few lines of protobuf's wire format that this needs.

An entity is stored as its serialised message and leaves as it is. A reply is then the small rest of the message,
serialised, with each stored entity as one more field behind it: fields of a message may stand in any order, and
repeated ones accumulate. That costs a third of parsing the entity into the reply and serialising it again.
"""

from functools import lru_cache

from consistency.emulator.values.messages import EntityResult, Message

_LENGTH_DELIMITED = 2


def field_tag(message: Message, field: str) -> bytes:
    """The tag byte of a bytes or message field with a number below 16."""
    return bytes((message.DESCRIPTOR.fields_by_name[field].number << 3 | _LENGTH_DELIMITED,))


def frame_field(tag: bytes, content: bytes) -> bytes:
    """`content` as the field with this tag."""
    return b"%b%b%b" % (tag, _varint(len(content)), content)


def frame_result(entity: bytes, stamps: bytes, cursor: bytes = b"") -> bytes:
    """An EntityResult's content: the entity, its stamps (see `stamp_bytes`) and the cursor behind it, if any."""
    result = b"%b%b%b%b" % (_ENTITY_TAG, _varint(len(entity)), entity, stamps)
    return b"%b%b%b%b" % (result, _CURSOR_TAG, _varint(len(cursor)), cursor) if cursor else result


@lru_cache(maxsize=4096)
def stamp_bytes(version: int, created_us: int) -> bytes:
    """version, create_time and update_time of an EntityResult. A version is its commit time in microseconds."""
    result = EntityResult(version=version)
    set_time(result.update_time, version)
    set_time(result.create_time, created_us)
    stamps: bytes = result.SerializeToString()
    return stamps


def set_time(stamp: Message, time_us: int) -> None:
    """Put microseconds since the epoch into a Timestamp message."""
    stamp.seconds, micros = divmod(time_us, 1_000_000)
    stamp.nanos = micros * 1000


def key_field(entity: bytes) -> bytes:
    """A stored entity cut down to its key: field 1, which serialisers write first."""
    length, shift, place = 0, 0, 1
    while True:
        byte = entity[place]
        length |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return entity[: place + length]


def _varint(number: int) -> bytes:
    return _SHORT[number] if number < len(_SHORT) else _encode_varint(number)


def _encode_varint(number: int) -> bytes:
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


_SHORT = [_encode_varint(number) for number in range(4096)]
_ENTITY_TAG = field_tag(EntityResult, "entity")
_CURSOR_TAG = field_tag(EntityResult, "cursor")
