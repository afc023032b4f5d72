"""Keys as bytes whose plain order is Datastore's key order, and whose descendants are one range.

A Key message comes in, a KeyPath goes out. Every element is encoded as its kind, a zero byte, then a number (tag 1,
eight bytes) or a name (tag 2, text, a zero byte): kinds bytewise, numbers before names, parents before children.

A zero byte inside a kind or name is written as 00 FF, and UTF-8 never contains FF. So a key's descendants, and nothing
else, lie from its `path` up to `path + FF`: the next element begins with a kind's first byte, which is smaller.
"""

from functools import lru_cache
from typing import NamedTuple

from consistency.emulator.status import invalid
from consistency.emulator.values.messages import Key, Message

KEY = "__key__"  # the property that every entity has, and that no one writes
PAST_DESCENDANTS = b"\xff"
_SIGN = 1 << 63
_NUMBER = 1  # the tag of an id; a name's is 2


class PartitionId(NamedTuple):
    """Project, database and namespace: keys, kinds and queries of different partitions never meet."""

    project: str
    database: str
    namespace: str


class KeyPath(NamedTuple):
    """One key: where it lies, its order, its entity group and how people read it."""

    partition: PartitionId
    path: bytes
    root: bytes
    kind: str
    complete: bool


def read_key(key: Message, project: str, database: str) -> KeyPath:
    """The KeyPath of a request's key, which inherits the request's project and database where it names none."""
    elements = key.path
    if not elements:
        raise invalid("A key must have a path of at least one element.")
    partition = key.partition_id
    if (partition.project_id or project) != project or (partition.database_id or database) != database:
        raise invalid(f"The key's project or database is not the request's ({project}, {database or '(default)'}).")
    place = PartitionId(project, database, partition.namespace_id)
    parts = [_encode_element(element) for element in elements]
    last = elements[-1]
    complete = bool(last.name or last.id)  # an empty name and the id 0 were refused
    if len(parts) == 1:
        return KeyPath(place, parts[0], parts[0], last.kind, complete)
    _check_ancestors_complete(key)
    return KeyPath(place, b"".join(parts), parts[0], last.kind, complete)


def fill_partition(key: Message, partition: PartitionId) -> None:
    """Write into a key what it inherited: stored and replied keys name their whole partition."""
    own = key.partition_id
    if partition.project != own.project_id:
        own.project_id = partition.project
    if partition.database != own.database_id:
        own.database_id = partition.database


def encode_key(key: Message) -> bytes:
    """The sort bytes of a key held as a value: partition first, then the path."""
    partition = key.partition_id
    place = (partition.project_id, partition.database_id, partition.namespace_id)
    return b"".join([_encode_text(text) for text in place] + [_encode_element(element) for element in key.path])


def decode_key(encoded: bytes) -> Message:
    """The Key message whose sort bytes these are."""
    key = Key()
    place = 0
    for field in ("project_id", "database_id", "namespace_id"):
        end = _end_of_text(encoded, place)
        setattr(key.partition_id, field, _decode_text(encoded[place:end]))
        place = end
    fill_path(key, encoded[place:])
    return key


def fill_path(key: Message, path: bytes) -> None:
    """Write the elements of an encoded complete path into a Key message."""
    for kind, name in decode_path(path):
        element = key.path.add(kind=kind)
        if isinstance(name, int):
            element.id = name
        else:
            element.name = name


def root_of(path: bytes) -> bytes:
    """The first element of an encoded path: the entity group's name inside its partition."""
    tag = _end_of_text(path, 0)
    return path[: tag + 9] if path[tag] == _NUMBER else path[: _end_of_text(path, tag + 1)]


def describe_key(key: Message) -> str:
    """A key as Google's messages print it: [Kind00:'grandpa'/Kind01: null] without the brackets."""
    return "/".join(_describe_element(element) for element in key.path)


@lru_cache(maxsize=1024)  # the truth log asks for the same few again and again
def decode_path(path: bytes) -> tuple[tuple[str, int | str], ...]:
    """Kind and id or name of each element of an encoded complete path."""
    elements: list[tuple[str, int | str]] = []
    place = 0
    while place < len(path):
        tag = _end_of_text(path, place)
        end = tag + 9 if path[tag] == _NUMBER else _end_of_text(path, tag + 1)
        kind, content = _decode_text(path[place:tag]), path[tag + 1 : end]
        name = int.from_bytes(content, "big") - _SIGN if path[tag] == _NUMBER else _decode_text(content)
        elements.append((kind, name))
        place = end
    return tuple(elements)


def decode_kind(path: bytes) -> str:
    """The kind of an encoded complete path."""
    if b"\0\xff" in path:  # in a text, or in a number, but then it does not matter
        return decode_path(path)[-1][0]
    place = 0
    while True:
        tag = path.index(b"\0", place) + 1
        end = tag + 9 if path[tag] == _NUMBER else path.index(b"\0", tag) + 1
        if end == len(path):
            return path[place : tag - 1].decode()
        place = end


def ancestors_of(path: bytes) -> list[bytes]:
    """The encoded paths of a key's ancestors, root first, and its own."""
    found, place = [], 0
    while place < len(path):
        tag = _end_of_text(path, place)
        place = tag + 9 if path[tag] == _NUMBER else _end_of_text(path, tag + 1)
        found.append(path[:place])
    return found


def kind_of(path: bytes) -> str:
    """The kind of a key with this encoded path."""
    return decode_path(path)[-1][0]


def describe_path(path: bytes) -> str:
    """An encoded complete path as people read it: Kind00:'grandpa'/Kind01:7."""
    return "/".join(
        f"{kind}:'{name}'" if isinstance(name, str) else f"{kind}:{name}" for kind, name in decode_path(path)
    )


def _describe_element(element: Message) -> str:
    id_type = element.WhichOneof("id_type")
    if id_type is None:
        return f"{element.kind}: null"
    return f"{element.kind}:'{element.name}'" if id_type == "name" else f"{element.kind}:{element.id}"


def _encode_element(element: Message) -> bytes:
    """One element's bytes; an element without id or name has its kind's bytes alone."""
    kind, name = _encode_kind(element.kind), element.name
    if name:
        return b"%b\2%b\0" % (kind, _escape(name.encode()))
    if number := element.id:
        return b"%b\1%b" % (kind, (number + _SIGN).to_bytes(8, "big"))
    if id_type := element.WhichOneof("id_type"):
        raise invalid(
            f"The {id_type} of a key path element of kind {element.kind} is {'0' if id_type == 'id' else 'empty'}."
        )
    return kind


@lru_cache(maxsize=1024)  # kinds are few
def _encode_kind(kind: str) -> bytes:
    if not kind:
        raise invalid("The kind of a key path element is empty.")
    return _escape(kind.encode()) + b"\0"


def _escape(text: bytes) -> bytes:
    return text.replace(b"\0", b"\0\xff") if b"\0" in text else text


def _encode_text(text: str) -> bytes:
    return _escape(text.encode()) + b"\0"


def _decode_text(data: bytes) -> str:
    return data[:-1].replace(b"\0\xff", b"\0").decode()


def _end_of_text(data: bytes, start: int) -> int:
    """The place after the zero byte that ends the text beginning at `start`."""
    end = data.index(b"\0", start) + 1
    while data[end : end + 1] == b"\xff":
        end = data.index(b"\0", end) + 1
    return end


def _check_ancestors_complete(key: Message) -> None:
    for element in key.path[:-1]:
        if not (element.name or element.id):
            raise invalid(f"Only the last element of a key path may be incomplete: [{describe_key(key)}].")
