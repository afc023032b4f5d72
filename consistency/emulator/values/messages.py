"""The raw protobuf classes of google.datastore.v1, by name.

They are made from `datastore_v1.binpb`: the definitions of the client package, serialised. Importing the package for
them would bring its clients too and take half of the emulator's start; and its own classes are wrappers (proto-plus),
which cost eight to nine times as much in a request.

The classes lie in a pool of their own, so that they and the package's can be in one process; messages of the two do
not mix, bytes do. A test compares the file with the installed package (`tests/emulator/values/definitions.py`).
"""

from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from consistency.emulator.status import invalid

Message = Any  # raw protobuf classes have no types that mypy could see

DEFINITIONS = Path(__file__).with_name("datastore_v1.binpb")
_POOL = DescriptorPool()
for _file in FileDescriptorSet.FromString(DEFINITIONS.read_bytes()).file:
    _POOL.AddSerializedFile(_file.SerializeToString())


def find_class(name: str) -> Message:
    """The class of a message by its full name, such as google.datastore.v1.Value."""
    return GetMessageClass(_POOL.FindMessageTypeByName(name))


Entity: Message = find_class("google.datastore.v1.Entity")
Key: Message = find_class("google.datastore.v1.Key")
Value: Message = find_class("google.datastore.v1.Value")
EntityResult: Message = find_class("google.datastore.v1.EntityResult")
QueryResultBatch: Message = find_class("google.datastore.v1.QueryResultBatch")
LookupRequest: Message = find_class("google.datastore.v1.LookupRequest")
LookupResponse: Message = find_class("google.datastore.v1.LookupResponse")
RunQueryRequest: Message = find_class("google.datastore.v1.RunQueryRequest")
RunQueryResponse: Message = find_class("google.datastore.v1.RunQueryResponse")
BeginTransactionRequest: Message = find_class("google.datastore.v1.BeginTransactionRequest")
BeginTransactionResponse: Message = find_class("google.datastore.v1.BeginTransactionResponse")
CommitRequest: Message = find_class("google.datastore.v1.CommitRequest")
CommitResponse: Message = find_class("google.datastore.v1.CommitResponse")
RollbackRequest: Message = find_class("google.datastore.v1.RollbackRequest")
RollbackResponse: Message = find_class("google.datastore.v1.RollbackResponse")
AllocateIdsRequest: Message = find_class("google.datastore.v1.AllocateIdsRequest")
AllocateIdsResponse: Message = find_class("google.datastore.v1.AllocateIdsResponse")
RunAggregationQueryRequest: Message = find_class("google.datastore.v1.RunAggregationQueryRequest")
RunAggregationQueryResponse: Message = find_class("google.datastore.v1.RunAggregationQueryResponse")
ReserveIdsRequest: Message = find_class("google.datastore.v1.ReserveIdsRequest")
ReserveIdsResponse: Message = find_class("google.datastore.v1.ReserveIdsResponse")
Struct: Message = find_class("google.protobuf.Struct")


def parse_message(kind: Message, data: bytes) -> Message:
    """A request of class `kind` from its bytes; INVALID_ARGUMENT when they do not parse."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise invalid(f"The request is not a {kind.DESCRIPTOR.name}: {error}.") from error
