"""DatastoreAdmin's ExportEntities and ImportEntities, to and from folders of this machine.

    export      the state at the call -> PREFIX/2026-01-31T12:00:00_123/...overall_export_metadata
    import      that file -> all read -> upserts, a few hundred entities a commit; what is not in the export stays

Both give way to other calls after every few hundred entities. Like the service's, an import is no transaction, keeps
nobody's old create times, and moves the keys of the exported project to the project that imports. It writes nothing
of an export that cannot be read to its end; where a commit fails, what was committed stays, and the error counts it.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from google.cloud.datastore_admin_v1.types import datastore_admin
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError

from consistency.emulator.exports.entities import read_entity, write_entity
from consistency.emulator.exports.folders import EntitySet, Written, describe_set, open_set, read_export, write_overall
from consistency.emulator.indexes.entries import stored_entries
from consistency.emulator.indexes.writes import Write, apply_writes
from consistency.emulator.service.operations import EXPORT, IMPORT, ExportMetadata, ImportMetadata, finish_operation
from consistency.emulator.service.state import State
from consistency.emulator.service.waiting import give_way, wait_for_locks
from consistency.emulator.status import Code, ServiceError, invalid
from consistency.emulator.transactions.transaction import Blocked
from consistency.emulator.values.keys import KeyPath, decode_kind, read_key
from consistency.emulator.values.messages import Message, parse_message
from consistency.emulator.values.validation import check_written_place

_AT_ONCE = 300  # entities


class Stored(NamedTuple):
    """One entity that may be exported: its namespace, kind and body."""

    namespace: str
    kind: str
    body: bytes


class Incoming(NamedTuple):
    """One entity that is to be imported: its key and its serialised form."""

    key: KeyPath
    body: bytes


async def export_entities(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.admin.v1.DatastoreAdmin/ExportEntities: an operation that is done, with the file to import."""
    del metadata
    request = parse_message(datastore_admin.ExportEntitiesRequest.pb(), data)
    check_written_place(request.project_id, "")
    started_us = state.engine.read_version()
    name = datetime.fromtimestamp(started_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    folder = _read_place(request.output_url_prefix, "output_url_prefix") / f"{name}_{started_us // 1000 % 1000:03}"
    stored = list(_list_stored(state, request.project_id))
    try:
        folder.mkdir(parents=True)
        written = [await _write_set(state, folder, each, stored) for each in _list_sets(request.entity_filter)]
        overall = write_overall(folder, written)
    except OSError as error:
        raise ServiceError(Code.FAILED_PRECONDITION, f"{folder} cannot be written: {error.strerror}.") from error
    told = ExportMetadata(entity_filter=request.entity_filter, output_url_prefix=request.output_url_prefix)
    _complete(told.progress_entities, sum(each.entity_count for each in written))
    _complete(told.progress_bytes, sum(each.byte_count for each in written))
    told.common.labels.update(request.labels)
    response = datastore_admin.ExportEntitiesResponse.pb()(output_url=str(overall))
    operation = f"projects/{request.project_id}/operations/{folder.name}"
    return finish_operation(operation, EXPORT, started_us, state.engine.read_version(), told, response)


async def import_entities(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.admin.v1.DatastoreAdmin/ImportEntities: an operation that is done."""
    del metadata
    request = parse_message(datastore_admin.ImportEntitiesRequest.pb(), data)
    check_written_place(request.project_id, "")
    started_us = state.engine.read_version()
    overall = _read_place(request.input_url, "input_url")
    incoming = await _read_incoming(overall, request)
    for place in range(0, len(incoming), _AT_ONCE):
        try:
            await _commit(state, incoming[place : place + _AT_ONCE])
        except ServiceError as error:
            told = f"{error.message} Of {len(incoming)} entities {place} were imported before, and stay."
            raise ServiceError(error.code, told) from error
        await give_way()
    told = ImportMetadata(entity_filter=request.entity_filter, input_url=request.input_url)
    _complete(told.progress_entities, len(incoming))
    told.common.labels.update(request.labels)
    operation = f"projects/{request.project_id}/operations/{started_us}"
    return finish_operation(operation, IMPORT, started_us, state.engine.read_version(), told, Empty())


def _read_place(url: str, field: str) -> Path:
    """The path that a request names; a bucket cannot be reached from here."""
    if not url:
        raise invalid(f"The request has no {field}: name a folder of this machine.")
    if "://" in url:
        raise invalid(f"The {field} {url} is no path: the emulator exports to and imports from this machine's folders.")
    return Path(url).absolute()


def _list_sets(entity_filter: Message) -> list[EntitySet]:
    """The sets of entities that a filter names; no kinds are all kinds, no namespaces all namespaces."""
    kinds, namespaces = dict.fromkeys(entity_filter.kinds), dict.fromkeys(entity_filter.namespace_ids)
    return [EntitySet(kind, namespace) for namespace in namespaces or (None,) for kind in kinds or (None,)]


def _list_stored(state: State, project: str) -> Iterator[Stored]:
    """The newest state of each entity of the default database, whatever eventual reads see of it."""
    for partition in state.engine.list_partitions(project, ""):
        for path, version in partition.entities.items():
            if version.body is not None:
                yield Stored(partition.name.namespace, decode_kind(path), version.body)


async def _write_set(state: State, folder: Path, entities: EntitySet, stored: list[Stored]) -> Written:
    started_us = state.engine.read_version()
    with open_set(folder, entities) as file:
        for each in stored:
            if _contains(entities, each.namespace, each.kind):
                file.add(write_entity(each.body))
                if file.count % _AT_ONCE == 0:
                    await give_way()
    return describe_set(folder, entities, file, started_us, state.engine.read_version())


def _contains(entities: EntitySet, namespace: str, kind: str) -> bool:
    return entities.kind in {None, kind} and entities.namespace in {None, namespace}


def _is_wanted(entity: Message, wanted: list[EntitySet]) -> bool:
    key = entity.key
    return any(_contains(each, key.partition_id.namespace_id, key.path[-1].kind) for each in wanted)


async def _read_incoming(overall: Path, request: Message) -> list[Incoming]:
    """All that an import is to write; INVALID_ARGUMENT, and nothing is written, where the export is damaged."""
    wanted = _list_sets(request.entity_filter)
    incoming: list[Incoming] = []
    try:
        for number, record in enumerate(read_export(overall), 1):
            entity = read_entity(record, request.project_id, "")
            if _is_wanted(entity, wanted):
                incoming.append(_prepare(entity, request.project_id))
            if number % _AT_ONCE == 0:
                await give_way()
    except OSError as error:
        raise invalid(f"{error.filename or overall} cannot be read: {error.strerror}. Nothing was imported.") from error
    except (ValueError, DecodeError) as error:
        raise invalid(f"{error}. Nothing was imported.") from error
    return incoming


async def _commit(state: State, incoming: list[Incoming]) -> None:
    """Upsert the entities under one version, once nobody holds a lock on them."""
    newest = {each.key[:2]: each for each in incoming}.values()
    writes = [
        Write(state.engine.open_partition(key.partition), key, body, stored_entries(body)) for key, body in newest
    ]

    def attempt() -> None:
        state.transactions.check(None, writes, ahead)
        apply_writes(state.engine, writes, state.engine.next_version())

    ahead = None
    try:
        attempt()
    except Blocked as blocked:
        ahead = blocked.ahead
        await wait_for_locks(state, attempt, blocked.waiting)


def _prepare(entity: Message, project: str) -> Incoming:
    key = read_key(entity.key, project, "")
    if not key.complete:
        raise ValueError("an entity of the export has an incomplete key")
    return Incoming(key, entity.SerializePartialToString(deterministic=True))


def _complete(progress: Message, work: int) -> None:
    progress.work_completed = progress.work_estimated = work
