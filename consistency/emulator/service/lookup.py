"""Lookup: entities by key."""

from collections.abc import Mapping

from consistency.emulator.service.reading import Reading, open_reading
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid, unimplemented
from consistency.emulator.values.framing import frame_field, frame_result, set_time, stamp_bytes
from consistency.emulator.values.keys import describe_key, read_key
from consistency.emulator.values.messages import Entity, LookupRequest, LookupResponse, Message, parse_message

_KEYS_LIMIT = 1_000
_REPLY_LIMIT = 3 << 20  # clients refuse replies from 4 MiB on; the largest entity fits between


def lookup(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/Lookup. Keys that no longer fit into the reply are deferred."""
    request = parse_message(LookupRequest, data)
    _check(request)
    reading = open_reading(state, request.read_options, metadata, of_groups=True)
    reply = LookupResponse()
    if reading.began and reading.transaction is not None:
        reply.transaction = reading.transaction.name
    version = state.engine.read_version()
    set_time(reply.read_time, version)
    found: list[bytes] = []
    size = 0
    for key in request.keys:
        if size > _REPLY_LIMIT:
            reply.deferred.append(key)
            continue
        result = _find(state, reading, request, key)
        if result is not None:
            found.append(frame_field(LookupResponse, "found", result))
            size += len(result)
        else:
            _add_missing(reply, key, 0 if reading.eventual else version)
    head: bytes = reply.SerializeToString()
    return b"".join((head, *found))


def _check(request: Message) -> None:
    if not request.project_id:
        raise invalid("The request names no project.")
    if len(request.keys) > _KEYS_LIMIT:
        raise invalid(f"A lookup has at most {_KEYS_LIMIT} keys.")
    if request.HasField("property_mask"):
        raise unimplemented("A property mask in Lookup")


def _find(state: State, reading: Reading, request: Message, key: Message) -> bytes | None:
    """The EntityResult's content of one key, None when the read does not see it."""
    path = read_key(key, request.project_id, request.database_id)
    if not path.complete:
        raise invalid(f"Key path is incomplete: [{describe_key(key)}]")
    partition = state.engine.find_partition(path.partition)
    version = partition.find_body(path.path, reading.view(partition, path.root))
    if version is None or version.body is None:
        if not key.partition_id.project_id:
            key.partition_id.project_id = request.project_id
            key.partition_id.database_id = request.database_id
        return None
    return frame_result(version.body, stamp_bytes(version.number, version.created))


def _add_missing(reply: Message, key: Message, version: int) -> None:
    missing = reply.missing.add()
    missing.entity.CopyFrom(Entity(key=key))
    missing.version = version
