"""How the tests ask: a text and its parameters, in the project "shop" and the namespace "spring"."""

from typing import Any

from google.protobuf import text_format

from consistency.emulator.gql.translation import Translated, translate
from consistency.emulator.values.messages import find_class

Message = Any
PROJECT, NAMESPACE = "shop", "spring"
GqlQuery: Message = find_class("google.datastore.v1.GqlQuery")
GqlQueryParameter: Message = find_class("google.datastore.v1.GqlQueryParameter")
Query: Message = find_class("google.datastore.v1.Query")
AggregationQuery: Message = find_class("google.datastore.v1.AggregationQuery")
PartitionId: Message = find_class("google.datastore.v1.PartitionId")
Value: Message = find_class("google.datastore.v1.Value")


def bind(parameter: int | str | bytes | Message) -> Message:
    """A parameter: bytes are a cursor, the rest are values, unless it is one already."""
    if isinstance(parameter, GqlQueryParameter):
        return parameter
    if isinstance(parameter, bytes):
        return GqlQueryParameter(cursor=parameter)
    if isinstance(parameter, int):
        return GqlQueryParameter(value=Value(integer_value=parameter))
    if isinstance(parameter, str):
        return GqlQueryParameter(value=Value(string_value=parameter))
    return GqlQueryParameter(value=parameter)


def ask(text: str, *numbered: Any, allow_literals: bool = True, **named: Any) -> Translated:
    """The translation of a text with these parameters."""
    gql = GqlQuery(query_string=text, allow_literals=allow_literals)
    gql.positional_bindings.extend(bind(parameter) for parameter in numbered)
    for name, parameter in named.items():
        gql.named_bindings[name].CopyFrom(bind(parameter))
    return translate(gql, PartitionId(namespace_id=NAMESPACE), PROJECT, "")


def read_query(text: str) -> Message:
    """A Query message from Protocol Buffers' text format."""
    return text_format.Parse(text, Query())


def read_aggregation_query(text: str) -> Message:
    """An AggregationQuery message, likewise."""
    return text_format.Parse(text, AggregationQuery())


def filter_of(text: str, **named: Any) -> Message:
    """The filter of the one condition `text`."""
    return ask(f"SELECT * FROM k WHERE {text}", **named).query.filter.property_filter
