"""RunAggregationQuery: numbers over the results of a query, as one result.

The nested query is understood as RunQuery understands it. Its question is asked in one piece, without batches, and the
aggregated properties are added to it as projected ones: so the rows that are walked hold all that is added up.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from itertools import islice, takewhile
from typing import NamedTuple

from consistency.emulator.engine.partitions import Columns
from consistency.emulator.indexes.needs import Need
from consistency.emulator.query.aggregation import Aggregation, Number, aggregate
from consistency.emulator.query.question import Order, Question
from consistency.emulator.query.results import find_results
from consistency.emulator.query.walks import Result, list_composites
from consistency.emulator.service.batches import Piece
from consistency.emulator.service.building import answer_when_built
from consistency.emulator.service.explanations import Statistics, explain
from consistency.emulator.service.needs import list_needs
from consistency.emulator.service.preparation import prepare_once
from consistency.emulator.service.questions import make_question
from consistency.emulator.service.reading import Options, Reading, read_options
from consistency.emulator.service.run_query import read_piece
from consistency.emulator.service.sources import open_source
from consistency.emulator.service.state import State
from consistency.emulator.service.targets import Explained, read_explained, read_partition, translate_gql
from consistency.emulator.status import invalid, unimplemented
from consistency.emulator.values.framing import set_time
from consistency.emulator.values.keys import KEY, PartitionId
from consistency.emulator.values.messages import (
    Message,
    RunAggregationQueryRequest,
    RunAggregationQueryResponse,
    parse_message,
)

_MOST = 5
_NO_MORE = 3


class Asked(NamedTuple):
    """A RunAggregationQuery understood. `echo`: the AggregationQuery that its GQL means."""

    options: Options
    partition: PartitionId
    question: Question
    root: bytes | None
    piece: Piece
    aggregations: tuple[Aggregation, ...]
    explained: Explained
    echo: bytes | None
    needs: tuple[Need, ...]
    composites: tuple[Columns, ...]


def run_aggregation_query(state: State, metadata: Mapping[str, str], data: bytes) -> bytes | Awaitable[bytes]:
    """google.datastore.v1.Datastore/RunAggregationQuery."""
    asked = _PREPARE[state.engine.model.legacy](data)
    return answer_when_built(state, asked, partial(_answer, state, metadata, asked))


def _answer(state: State, metadata: Mapping[str, str], asked: Asked) -> bytes:
    reading, source, view = open_source(state, metadata, asked)
    reply = RunAggregationQueryResponse()
    statistics = Statistics(state.engine.now_ns())
    if asked.explained is not Explained.PLAN:
        found = statistics.counted(find_results(asked.question, source, view, asked.piece.start))
        _fill_result(reply.batch, asked.aggregations, aggregate(asked.aggregations, asked.question, _cut(found, asked)))
        statistics.results = 1
    if asked.explained is not Explained.NOTHING:
        told = statistics if asked.explained is Explained.EVERYTHING else None
        explain(reply.explain_metrics, asked.question, told, state.engine.now_ns())
    state.engine.end_read()
    return _finish(reply, reading, asked)


def _finish(reply: Message, reading: Reading, asked: Asked) -> bytes:
    reply.batch.more_results = _NO_MORE
    if not reading.eventual:
        set_time(reply.batch.read_time, reading.version())
    if reading.began is not None:
        reply.transaction = reading.began.name
    if asked.echo is not None:
        reply.query.MergeFromString(asked.echo)
    replied: bytes = reply.SerializeToString()
    return replied


def _cut(found: Iterator[Result], asked: Asked) -> Iterator[Result]:
    """The results between the cursors, behind the offset and up to the limit."""
    offset, limit, end = asked.piece.offset, asked.piece.limit, asked.piece.end
    if end is not None:
        found = takewhile(lambda result: result[0] <= end, found)
    return islice(found, offset, None if limit is None else offset + limit)


def _prepare(data: bytes, *, legacy: bool) -> Asked:
    request = parse_message(RunAggregationQueryRequest, data)
    partition = read_partition(request)
    kind = request.WhichOneof("query_type")
    if kind is None:
        raise invalid("The request has no query.")
    query = translate_gql(request).aggregation if kind == "gql_query" else request.aggregation_query
    if query is None:
        raise invalid("The GQL query aggregates nothing: it is a query for RunQuery.")
    question, root = make_question(query.nested_query, partition, legacy=legacy)
    piece = read_piece(query.nested_query, question, None)
    if piece.nearest is not None:
        raise invalid("find_nearest cannot be used in an aggregation query.")
    aggregations = _read_aggregations(query)
    _check_projected(query.nested_query, question, aggregations)
    summed = _with_summed(question, aggregations)
    if question.kind is None and summed.orders != question.orders:
        raise invalid("kind is required for sum and avg")
    if summed.orders != question.orders and (piece.start or piece.end is not None):
        raise unimplemented("A cursor under sum or avg of a property that the query does not order by")
    return Asked(
        read_options(request.read_options), partition, summed, root, piece, aggregations, read_explained(request),
        query.SerializeToString() if kind == "gql_query" else None, list_needs(summed, legacy=legacy),
        list_composites(summed),
    )  # fmt: skip


def _check_projected(nested: Message, question: Question, aggregations: tuple[Aggregation, ...]) -> None:
    """Sums and averages need properties that the nested query returns."""
    names = [each.name for each in aggregations if each.operator != "count"]
    if nested.projection and names and question.projected is None:
        raise invalid("Aggregation over non-key properties is not supported for base query that only returns keys.")
    if question.projected and (missing := [name for name in names if name not in question.projected]):
        raise invalid(f"The aggregation property {missing[0]} is not present in the base query's projection.")


def _with_summed(question: Question, aggregations: tuple[Aggregation, ...]) -> Question:
    names = list(dict.fromkeys(each.name for each in aggregations if each.operator != "count"))
    if not names:
        return question
    ordered = {order.name for order in question.orders}
    added = tuple(Order(name, question.keys_descending) for name in names if name not in ordered)
    projected = (*(question.projected or ()), *(name for name in names if name not in (question.projected or ())))
    return question._replace(orders=question.orders + added, projected=projected)


def _read_aggregations(query: Message) -> tuple[Aggregation, ...]:
    if not query.aggregations:
        raise invalid("Aggregations can not be empty.")
    if len(query.aggregations) > _MOST:
        raise invalid(f"The maximum number of aggregations allowed in an aggregation query is {_MOST}.")
    found: dict[str, Aggregation] = {}
    unnamed = 0
    for message in query.aggregations:
        unnamed += not message.alias
        alias = message.alias or f"property_{unnamed}"
        if alias.startswith("__") and alias.endswith("__"):
            raise invalid(f'The property.name "{alias}" is reserved.')
        if alias in found:
            raise invalid(f"Aggregation aliases contain duplicate alias: {alias}.")
        found[alias] = _read_aggregation(message, alias)
    return tuple(found.values())


def _read_aggregation(message: Message, alias: str) -> Aggregation:
    operator = message.WhichOneof("operator")
    if operator is None:
        raise invalid("Operator field in Aggregation is not set.")
    if operator == "count":
        up_to = message.count.up_to.value if message.count.HasField("up_to") else None
        if up_to is not None and up_to < 0:
            raise invalid("The `up_to` value in a COUNT aggregation must be greater than or equal to zero.")
        return Aggregation(alias, "count", up_to=up_to)
    name = getattr(message, operator).property.name
    if not name:
        raise invalid("Empty aggregation field.")
    if name == KEY:
        raise invalid(f"Aggregations are not supported for the property: {KEY}")
    return Aggregation(alias, operator, name)


def _fill_result(batch: Message, aggregations: tuple[Aggregation, ...], numbers: list[Number]) -> None:
    result = batch.aggregation_results.add()
    for aggregation, number in zip(aggregations, numbers, strict=True):
        value = result.aggregate_properties[aggregation.alias]
        if number is None:
            value.null_value = 0
        elif isinstance(number, float):
            value.double_value = number
        else:
            value.integer_value = number


_PREPARE: dict[bool, Callable[[bytes], Asked]] = {
    legacy: prepare_once(partial(_prepare, legacy=legacy)) for legacy in (False, True)
}
