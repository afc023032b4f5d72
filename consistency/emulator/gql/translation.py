"""GQL to the messages of a query: what a client may send as text becomes what it could have sent as messages.

A GqlQuery comes in, with the partition that it is asked of; a Query goes out, and for aggregations the AggregationQuery
around it. Nothing is read from the store, and the rules that hold for messages too (one kind, at most five
aggregations, which filters go together) are left to those who read the messages.

The parser is imported at the first query: most programs never send GQL, and it would double the time to start.
"""

from collections.abc import Iterable
from typing import NamedTuple

from consistency.emulator.gql.bindings import Bindings
from consistency.emulator.gql.filters import fill_filter, name_property
from consistency.emulator.gql.literals import read_integer
from consistency.emulator.gql.syntax import Aggregate, Aggregation, Constant, Position, Property, Query, Selection
from consistency.emulator.gql.values import Request
from consistency.emulator.status import invalid
from consistency.emulator.values.keys import PartitionId
from consistency.emulator.values.messages import Message, RunAggregationQueryRequest, RunQueryRequest

_ASCENDING, _DESCENDING = 1, 2
QueryMessage: Message = type(RunQueryRequest().query)
AggregationQueryMessage: Message = type(RunAggregationQueryRequest().aggregation_query)


class Translated(NamedTuple):
    """The query, and the aggregations over it if it asks for any (nested_query is then the same query)."""

    query: Message
    aggregation: Message | None


def translate(gql: Message, partition: Message, project: str, database: str) -> Translated:
    """The messages of a GqlQuery asked of a PartitionId, which inherits what it does not name from the request.

    Refuses with INVALID_ARGUMENT, naming the place in the text.
    """
    from consistency.emulator.gql.parser import parse  # noqa: PLC0415  # late: see above

    place = PartitionId(partition.project_id or project, partition.database_id or database, partition.namespace_id)
    parsed = parse(gql.query_string)
    request = Request(Bindings(gql), place)
    aggregation = None
    if isinstance(parsed, Aggregate):
        aggregation = _make_aggregation_query(parsed, request)
        query = aggregation.nested_query
    else:
        query = QueryMessage()
        _fill_query(query, parsed, request)
    request.bindings.check_all_used()
    return Translated(query, aggregation)


def _make_aggregation_query(aggregate: Aggregate, request: Request) -> Message:
    message = AggregationQueryMessage()
    message.nested_query.SetInParent()
    for aggregation in aggregate.aggregations:
        _fill_aggregation(message.aggregations.add(), aggregation, aggregate.over, request)
    _fill_query(message.nested_query, aggregate.over, request)
    return message


def _fill_aggregation(message: Message, aggregation: Aggregation, over: Query, request: Request) -> None:
    message.alias = aggregation.alias
    operator = getattr(message, aggregation.operator)
    operator.SetInParent()
    if aggregation.property is not None:
        operator.property.name = _name(aggregation.property, over)
    if aggregation.up_to is not None:
        operator.up_to.value = _read_count(aggregation.up_to, request)


def _read_count(constant: Constant, request: Request) -> int:
    request.bindings.check_literal(constant.spot)
    count = read_integer(constant.spot)
    if count < 0:
        raise invalid(f"The count {constant.spot} is negative.")
    return count


def _name(of: Property, query: Query) -> str:
    return name_property(of, query.kind.text if query.kind else "")


def _fill_query(message: Message, query: Query, request: Request) -> None:
    if query.kind is not None:
        message.kind.add(name=query.kind.text)
    _fill_selection(message, query.selection, query)
    if query.filter is not None:
        fill_filter(message.filter, query.filter, query.kind.text if query.kind else "", request)
    for order in query.orders:
        added = message.order.add(direction=_DESCENDING if order.descending else _ASCENDING)
        added.property.name = _name(order.property, query)
    _fill_limit(message, query.limit, request.bindings)
    _fill_offset(message, query.offset, request.bindings)


def _fill_selection(message: Message, selection: Selection, query: Query) -> None:
    for projected in selection.projection:
        message.projection.add().property.name = _name(projected, query)
    names = {projection.property.name for projection in message.projection}
    for distinct in selection.distinct_on:
        name = _name(distinct, query)
        if names and name not in names:
            raise invalid(f"DISTINCT ON names {distinct.spot}, which is not among the selected properties.")
        message.distinct_on.add(name=name)


def _fill_limit(message: Message, positions: tuple[Position, ...], bindings: Bindings) -> None:
    """LIMIT: a count, a cursor to end at, or FIRST of both in either order."""
    found = [bindings.find_position(position) for position in positions]
    if len({type(position) for position in found}) < len(found):
        raise invalid(f"LIMIT FIRST needs one count and one cursor, unlike {_places(positions)}.")
    for position in found:
        if isinstance(position, bytes):
            message.end_cursor = position
        else:
            message.limit.value = position


def _fill_offset(message: Message, positions: tuple[Position, ...], bindings: Bindings) -> None:
    """OFFSET: a count, a cursor to start after, or a cursor + a count."""
    found = [bindings.find_position(position) for position in positions]
    if len(found) == 2 and [type(position) for position in found] != [bytes, int]:
        raise invalid(f"OFFSET with + needs a cursor and then a count, unlike {_places(positions)}.")
    for position in found:
        if isinstance(position, bytes):
            message.start_cursor = position
        else:
            message.offset = position


def _places(positions: Iterable[Position]) -> str:
    return " and ".join(str(position.spot) for position in positions)
