"""Random messages, written as GQL and translated back."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.emulator.gql.translation import translate
from consistency.emulator.status import Code, ServiceError
from tests.emulator.gql.asking import AggregationQuery, PartitionId, Query, Value, ask
from tests.emulator.gql.printing import Printer

Message = Any
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text("'\"`\\\n.%_0Zab", max_size=6)
some_text = text.filter(bool)
names = st.sampled_from(["name", "key", "First", "over", "count", "a.b", "__key__", "k", "k.a", "k.k.a"]) | some_text
kinds = st.sampled_from(["k", "a", "select", "k.a"]) | some_text
ids = st.integers(1, 2**63 - 1)


@st.composite
def key_values(draw: st.DrawFn) -> Message:
    value = Value()
    place = value.key_value.partition_id
    place.project_id, place.database_id, place.namespace_id = draw(st.tuples(text, text, text))
    for kind in draw(st.lists(kinds, min_size=1, max_size=3)):
        element = value.key_value.path.add(kind=kind)
        if draw(st.booleans()):
            element.name = draw(some_text)
        else:
            element.id = draw(ids)
    return value


@st.composite
def timestamps(draw: st.DrawFn) -> Message:
    value = Value()
    value.timestamp_value.seconds = draw(st.integers(-62_135_500_000, 253_402_200_000) | st.integers(-2, 2))
    value.timestamp_value.nanos = draw(st.integers(0, 999_999)) * 1_000
    return value


@st.composite
def points(draw: st.DrawFn) -> Message:
    value = Value(exclude_from_indexes=draw(st.booleans()))
    value.geo_point_value.latitude = draw(st.floats(-90, 90))
    return value


scalars: st.SearchStrategy[Message] = st.one_of(
    st.just(Value(null_value=0)),
    st.builds(Value, boolean_value=st.booleans()),
    st.builds(Value, integer_value=st.integers(-(2**63), 2**63 - 1)),
    st.builds(Value, double_value=st.floats(allow_nan=False)),
    st.builds(Value, string_value=text),
    st.builds(Value, blob_value=st.binary(max_size=8)),
    timestamps(),
    points(),
    key_values(),
)


@st.composite
def arrays(draw: st.DrawFn) -> Message:
    value = Value()
    value.array_value.values.extend(draw(st.lists(scalars, min_size=1, max_size=3)))
    return value


OPERANDS = {1: arrays(), 6: arrays(), 11: key_values(), 13: arrays()}


@st.composite
def conditions(draw: st.DrawFn) -> Message:
    message = Query().filter
    condition = message.property_filter
    condition.op = draw(st.sampled_from([1, 2, 3, 4, 5, 6, 9, 11, 13]))
    condition.property.name = "__key__" if condition.op == 11 else draw(names)
    condition.value.CopyFrom(draw(OPERANDS.get(condition.op, scalars)))
    return message


def join(operator: int, parts: list[Message]) -> Message:
    message = Query().filter
    message.composite_filter.op = operator
    message.composite_filter.filters.extend(parts)
    return message


filters = st.recursive(
    conditions(),
    lambda inner: st.builds(join, st.sampled_from([1, 2]), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=6,
)
cursors = st.just(b"") | st.binary(max_size=4)
counts = st.integers(0, 2**31 - 1)


@st.composite
def queries(draw: st.DrawFn) -> Message:
    query = Query(start_cursor=draw(cursors), end_cursor=draw(cursors), offset=draw(st.just(0) | counts))
    for kind in draw(st.lists(kinds, max_size=1)):
        query.kind.add(name=kind)
    projected = draw(st.lists(names, max_size=3))
    for name in projected:
        query.projection.add().property.name = name
    distinct = draw(st.just(projected) | st.lists(st.sampled_from(projected) if projected else names, max_size=2))
    for name in distinct:
        query.distinct_on.add(name=name)
    if draw(st.booleans()):
        query.filter.CopyFrom(draw(filters))
    for name in draw(st.lists(names, max_size=2)):
        query.order.add(direction=draw(st.sampled_from([1, 2]))).property.name = name
    if draw(st.booleans()):
        query.limit.value = draw(counts)
    return query


@st.composite
def aggregation_queries(draw: st.DrawFn) -> Message:
    message = AggregationQuery(nested_query=draw(queries()))
    for operator in draw(st.lists(st.sampled_from(["count", "up_to", "sum", "avg"]), min_size=1, max_size=3)):
        added = message.aggregations.add(alias=draw(text))
        if operator == "up_to":
            added.count.up_to.value = draw(st.integers(0, 2**63 - 1))
        elif operator == "count":
            added.count.SetInParent()
        else:
            getattr(added, operator).property.name = draw(names)
    return message


PIECES = r"""
    SELECT SELECT * FROM k WHERE a = 1 AND OR ( ) ORDER BY DESC LIMIT FIRST OFFSET + @1 @x , . ; DISTINCT ON COUNT(*)
    SUM AGGREGATE OVER IN NOT HAS ANCESTOR DESCENDANT __key__ KEY(k,1) ARRAY( BLOB('a') DATETIME('x') 'b' "c `d` IS NULL
    -5 1e5 .5 AS @ # \ ' ß 99999999999999999999 TRUE <= != CONTAINS PROJECT('p')
"""


def code_of(query: str) -> Code:
    try:
        ask(query, 1, x=b"C")
    except ServiceError as error:
        return error.code
    return Code.OK


@pytest.mark.slow
class TestRoundTrips:
    """print, then translate."""

    @given(queries(), st.randoms(use_true_random=False))
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_queries(self, query: Message, random: Random) -> None:
        """The same message, however it was written."""
        printer = Printer(random)
        printer.gql.query_string = printer.print_query(query)
        translated = translate(printer.gql, PartitionId(), "p", "d")
        assert translated == (query, None), printer.gql

    @given(aggregation_queries(), st.randoms(use_true_random=False))
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_aggregation_queries(self, message: Message, random: Random) -> None:
        """Likewise, with the query inside."""
        printer = Printer(random)
        printer.gql.query_string = printer.print_aggregation_query(message)
        translated = translate(printer.gql, PartitionId(), "p", "d")
        assert translated == (message.nested_query, message), printer.gql


class TestSoup:
    """What is hardly ever GQL."""

    @given(st.lists(st.sampled_from(PIECES.split()), max_size=15).map(" ".join) | st.text())
    @settings(max_examples=100, deadline=None)
    def test_nothing_else_is_raised(self, text: str) -> None:
        """A query or INVALID_ARGUMENT."""
        assert code_of(f"SELECT * {text}") in {Code.OK, Code.INVALID_ARGUMENT}
