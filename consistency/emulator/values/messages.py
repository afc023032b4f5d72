"""The raw protobuf classes of google.datastore.v1, by name.

The installed client package defines them behind wrappers (proto-plus); a wrapper costs eight to nine times the raw
class in a request, so this module unwraps each once and nothing else in the emulator names the package.
"""

from typing import Any

from google.cloud.datastore_v1.types import datastore, entity, query
from google.protobuf.message import DecodeError

from consistency.emulator.status import invalid

Message = Any  # raw protobuf classes have no types that mypy could see

Entity: Message = entity.Entity.pb()
Key: Message = entity.Key.pb()
Value: Message = entity.Value.pb()
EntityResult: Message = query.EntityResult.pb()
QueryResultBatch: Message = query.QueryResultBatch.pb()
LookupRequest: Message = datastore.LookupRequest.pb()
LookupResponse: Message = datastore.LookupResponse.pb()
RunQueryRequest: Message = datastore.RunQueryRequest.pb()
RunQueryResponse: Message = datastore.RunQueryResponse.pb()
BeginTransactionRequest: Message = datastore.BeginTransactionRequest.pb()
BeginTransactionResponse: Message = datastore.BeginTransactionResponse.pb()
CommitRequest: Message = datastore.CommitRequest.pb()
CommitResponse: Message = datastore.CommitResponse.pb()
RollbackRequest: Message = datastore.RollbackRequest.pb()
RollbackResponse: Message = datastore.RollbackResponse.pb()
AllocateIdsRequest: Message = datastore.AllocateIdsRequest.pb()
AllocateIdsResponse: Message = datastore.AllocateIdsResponse.pb()
RunAggregationQueryRequest: Message = datastore.RunAggregationQueryRequest.pb()
RunAggregationQueryResponse: Message = datastore.RunAggregationQueryResponse.pb()
ReserveIdsRequest: Message = datastore.ReserveIdsRequest.pb()
ReserveIdsResponse: Message = datastore.ReserveIdsResponse.pb()


def parse_message(kind: Message, data: bytes) -> Message:
    """A request of class `kind` from its bytes; INVALID_ARGUMENT when they do not parse."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise invalid(f"The request is not a {kind.DESCRIPTOR.name}: {error}.") from error
