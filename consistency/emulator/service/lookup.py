"""Lookup: entities by key.

The request is checked as a whole before anything else happens; each key is then found or missing in the view of its
entity group. Keys that no longer fit into a reply that clients accept are deferred: they ask again.
"""

from collections.abc import Mapping
from typing import NamedTuple

from consistency.emulator.service.preparation import prepare_once
from consistency.emulator.service.reading import Options, Reading, open_reading, read_options
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid
from consistency.emulator.values.framing import field_tag, frame_field, frame_result, set_time, stamp_bytes
from consistency.emulator.values.keys import KeyPath, describe_key, fill_partition, read_key
from consistency.emulator.values.masks import Mask, read_mask, select_stored
from consistency.emulator.values.messages import LookupRequest, LookupResponse, Message, parse_message
from consistency.emulator.values.validation import check_place

_FOUND = field_tag(LookupResponse, "found")
_REPLY_LIMIT = 3 << 20  # clients refuse replies from 4 MiB on; the largest entity fits between


class Asked(NamedTuple):
    """A Lookup understood: read options, keys as paths and as serialised messages in full form, and the mask."""

    options: Options
    keys: list[tuple[KeyPath, bytes]]
    mask: Mask | None


def lookup(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/Lookup."""
    asked = _prepare(data)
    if len(asked.keys) > state.limits.lookup_keys:
        raise invalid(f"A lookup has at most {state.limits.lookup_keys} keys.")
    reading = open_reading(state, asked.options, metadata, of_groups=True)
    reply = LookupResponse()
    if reading.began is not None:
        reply.transaction = reading.began.name
    version = newest = reading.version()
    found: list[bytes] = []
    size = 0
    for path, key in asked.keys:
        if size > _REPLY_LIMIT:
            reply.deferred.add().MergeFromString(key)
            continue
        number, result = _find(state, reading, path, asked.mask)
        newest = max(newest, number)
        if not number:
            missing = reply.missing.add()
            missing.entity.key.MergeFromString(key)
            missing.version = 0 if reading.eventual else version
        else:
            found.append(frame_field(_FOUND, result))
            size += len(result)
    set_time(reply.read_time, newest)
    state.engine.end_read()
    head: bytes = reply.SerializeToString()
    return b"".join((head, *found))


@prepare_once
def _prepare(data: bytes) -> Asked:
    request = parse_message(LookupRequest, data)
    check_place(request.project_id, request.database_id)
    keys = [_read_complete_key(key, request) for key in request.keys]
    mask = read_mask(request.property_mask) if request.HasField("property_mask") else None
    return Asked(read_options(request.read_options), keys, mask)


def _read_complete_key(key: Message, request: Message) -> tuple[KeyPath, bytes]:
    path = read_key(key, request.project_id, request.database_id)
    if not path.complete:
        raise invalid(f"Key path is incomplete: [{describe_key(key)}]")
    fill_partition(key, path.partition)
    return path, key.SerializeToString()


def _find(state: State, reading: Reading, path: KeyPath, mask: Mask | None) -> tuple[int, bytes]:
    """One key's version and its EntityResult's content; 0 and nothing where the read does not see it."""
    partition = state.engine.find_partition(path.partition)
    version = partition.find_body(path.path, reading.view_key(partition, path.path, path.root))
    if version is None or version.body is None:
        return 0, b""
    body = version.body if mask is None else select_stored(version.body, mask)
    return version.number, frame_result(body, stamp_bytes(version.number, version.created))
