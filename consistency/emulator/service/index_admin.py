"""DatastoreAdmin's RPCs about indexes: what is in the catalogue, and changes of it that are done at once.

This module is imported only when somebody calls it; see `operations`.
"""

from collections.abc import Mapping

from google.cloud.datastore_admin_v1.types import datastore_admin, index

from consistency.emulator.indexes.definitions import IndexDefinition
from consistency.emulator.service.operations import CREATE_INDEX, DELETE_INDEX, IndexMetadata, finish_operation
from consistency.emulator.service.state import State
from consistency.emulator.status import Code, ServiceError, invalid, unimplemented
from consistency.emulator.values.messages import Message, parse_message

_NONE, _ALL_ANCESTORS, _ASCENDING, _DESCENDING, _READY = 1, 2, 1, 2, 2
_PAGE_SIZE = 100
IndexMessage: Message = index.Index.pb()


def list_indexes(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.admin.v1.DatastoreAdmin/ListIndexes: by id; a page token is the last id of the page before."""
    del metadata
    request = parse_message(datastore_admin.ListIndexesRequest.pb(), data)
    if request.filter:
        raise unimplemented("A filter of ListIndexes")  # its grammar is not documented
    numbers = [number for number in sorted(state.catalog.indexes) if number > request.page_token]
    page = numbers[: request.page_size or _PAGE_SIZE]
    reply: Message = datastore_admin.ListIndexesResponse.pb()()
    for number in page:
        reply.indexes.append(_describe(request.project_id, number, state.catalog.indexes[number]))
    if len(page) < len(numbers):
        reply.next_page_token = page[-1]
    return _serialise(reply)


def get_index(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.admin.v1.DatastoreAdmin/GetIndex: NOT_FOUND when there is no index of this id."""
    del metadata
    request = parse_message(datastore_admin.GetIndexRequest.pb(), data)
    return _serialise(_describe(request.project_id, request.index_id, _find(state, request.index_id)))


def create_index(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.admin.v1.DatastoreAdmin/CreateIndex: an operation that is done, with the index that is ready."""
    del metadata
    request = parse_message(datastore_admin.CreateIndexRequest.pb(), data)
    definition = _read(request.index)
    if definition in state.catalog.indexes.values():
        raise ServiceError(Code.ALREADY_EXISTS, "index already exists")
    if len(state.catalog.indexes) >= state.limits.composites:
        raise ServiceError(Code.RESOURCE_EXHAUSTED, f"There are {state.limits.composites} composite indexes already.")
    number = state.catalog.add(definition)
    return _finish(state, CREATE_INDEX, number, _describe(request.project_id, number, definition))


def delete_index(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.admin.v1.DatastoreAdmin/DeleteIndex: an operation that is done."""
    del metadata
    request = parse_message(datastore_admin.DeleteIndexRequest.pb(), data)
    described = _describe(request.project_id, request.index_id, _find(state, request.index_id))
    state.catalog.remove(request.index_id)
    return _finish(state, DELETE_INDEX, request.index_id, described)


def _find(state: State, number: str) -> IndexDefinition:
    definition = state.catalog.indexes.get(number)
    if definition is None:
        raise ServiceError(Code.NOT_FOUND, f'There is no index "{number}".')
    return definition


def _read(message: Message) -> IndexDefinition:
    if not message.kind or not message.properties or not all(each.name for each in message.properties):
        raise invalid("An index needs a kind and at least one named property.")
    properties = tuple((each.name, each.direction == _DESCENDING) for each in message.properties)
    return IndexDefinition(message.kind, message.ancestor == _ALL_ANCESTORS, properties)


def _describe(project: str, number: str, definition: IndexDefinition) -> Message:
    message = IndexMessage(project_id=project, index_id=number, kind=definition.kind, state=_READY)
    message.ancestor = _ALL_ANCESTORS if definition.ancestor else _NONE
    for name, descending in definition.properties:
        message.properties.add(name=name, direction=_DESCENDING if descending else _ASCENDING)
    return message


def _finish(state: State, operation_type: int, number: str, described: Message) -> bytes:
    name = f"projects/{described.project_id}/operations/{number}-{operation_type}"
    now_us = state.engine.read_version()
    return finish_operation(name, operation_type, now_us, now_us, IndexMetadata(index_id=number), described)


def _serialise(message: Message) -> bytes:
    content: bytes = message.SerializeToString()
    return content
