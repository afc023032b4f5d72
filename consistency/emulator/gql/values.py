"""Written and bound values to Value messages.

A key that does not name its project, database or namespace is of the query's partition; bound values are taken as they
are. What a filter may hold beyond that is checked with the query, for those that come as messages too.
"""

from typing import NamedTuple

from consistency.emulator.gql.bindings import Bindings
from consistency.emulator.gql.literals import read_blob, read_datetime, read_double, read_integer, unquote
from consistency.emulator.gql.syntax import (
    ArrayLiteral,
    Binding,
    BlobLiteral,
    Constant,
    DatetimeLiteral,
    KeyLiteral,
    PathElement,
    Value,
)
from consistency.emulator.status import invalid
from consistency.emulator.values.keys import PartitionId
from consistency.emulator.values.messages import Key as KeyMessage
from consistency.emulator.values.messages import Message
from consistency.emulator.values.messages import Value as ValueMessage


class Request(NamedTuple):
    """What a query's text alone does not say: its parameters, and the partition that it is asked of."""

    bindings: Bindings
    partition: PartitionId


def make_value(value: Value, request: Request) -> Message:
    """The Value message of a literal or of a binding site."""
    if isinstance(value, Binding):
        return request.bindings.find_value(value)
    request.bindings.check_literal(value.spot)
    match value:
        case Constant():
            return _make_constant(value)
        case KeyLiteral():
            return ValueMessage(key_value=_make_key(value, request.partition))
        case ArrayLiteral():
            return _make_array(value, request)
        case BlobLiteral():
            return ValueMessage(blob_value=read_blob(value.content.spot))
        case DatetimeLiteral():
            return _make_time(value)


def _make_constant(constant: Constant) -> Message:
    match constant.type:
        case "STRING":
            return ValueMessage(string_value=unquote(constant.spot))
        case "INTEGER":
            return ValueMessage(integer_value=read_integer(constant.spot))
        case "DOUBLE":
            return ValueMessage(double_value=read_double(constant.spot))
        case "NULL":
            return ValueMessage(null_value=0)
    return ValueMessage(boolean_value=constant.type == "TRUE")


def _make_time(literal: DatetimeLiteral) -> Message:
    seconds, nanos = read_datetime(literal.content.spot)
    message = ValueMessage()
    message.timestamp_value.SetInParent()
    message.timestamp_value.seconds, message.timestamp_value.nanos = seconds, nanos
    return message


def _make_array(array: ArrayLiteral, request: Request) -> Message:
    message = ValueMessage()
    for value in array.values:
        nested = isinstance(value, ArrayLiteral)  # seen before it is made: arrays in arrays could exhaust the stack
        element = None if nested else make_value(value, request)
        if element is None or element.WhichOneof("value_type") == "array_value":
            raise invalid(f"An array cannot contain the array {value.spot}.")
        message.array_value.values.append(element)
    return message


def _make_key(literal: KeyLiteral, partition: PartitionId) -> Message:
    key = KeyMessage()
    key.partition_id.project_id = unquote(literal.project.spot) if literal.project else partition.project
    key.partition_id.database_id = unquote(literal.database.spot) if literal.database else partition.database
    key.partition_id.namespace_id = unquote(literal.namespace.spot) if literal.namespace else partition.namespace
    for element in literal.path:
        _add_element(key, element)
    return key


def _add_element(key: Message, element: PathElement) -> None:
    spot = element.id_or_name.spot
    if element.id_or_name.type == "STRING":
        name = unquote(spot)
        if not name:
            raise invalid(f"The name {spot} in a key is empty.")
        key.path.add(kind=element.kind, name=name)
    else:
        number = read_integer(spot)
        if number <= 0:
            raise invalid(f"The id {spot} in a key must be greater than 0.")
        key.path.add(kind=element.kind, id=number)
