"""Aggregations over random queries: the emulator against a plain evaluation of the same rows."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from tests.emulator.query.brute import Asked, Path, Values, answer
from tests.emulator.query.strategies import filled, questions, request_of, stores


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(stores, questions())
def test_aggregations_equal_a_plain_evaluation(entities: dict[Path, Values], asked: Asked) -> None:
    """count of the results as they are, sum and avg over rows that hold the property."""
    if asked.kind is None or asked.distinct:
        return
    talk = filled(entities)
    options = {**request_of(talk, asked)[1], "kind": asked.kind}
    assert talk.aggregate(("count",), **options) == {"property_1": len(answer(entities, asked))}
    if asked.filter is not None or asked.projected:
        return
    rows = [row for _, row in answer(entities, replace(asked, projected=("p",)))]
    numbers = [row["p"] for row in rows if is_number(row["p"])]
    found = talk.aggregate(("sum", "p", "s"), ("avg", "p", "a"), ("count", "", "n"), **options)
    total = sum(float(number or 0) for number in numbers)
    assert (found["n"], found["s"]) == (len(rows), total)
    assert found["a"] == (total / len(numbers) if numbers else None)
