"""Random queries of the old service: the emulator against App Engine's own stub, and which indexes they need."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.emulator.indexes.definitions import IndexDefinition, write_definitions
from consistency.emulator.settings import Settings
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.messages import Message
from tests.emulator.appengine.conftest import Oracle
from tests.emulator.appengine.strategies import entities_of, old_questions, old_stores, question_of
from tests.emulator.indexes.test_needs import talk_to
from tests.emulator.query.brute import Asked, Path, Values
from tests.emulator.query.strategies import filled, paths_of, request_of
from tests.emulator.talk import Talk, properties_of

pytestmark = pytest.mark.slow
THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
columns = st.tuples(st.sampled_from("pqr"), st.booleans())
definitions = st.builds(
    IndexDefinition,
    st.sampled_from("AAB"),
    st.booleans(),
    st.lists(columns, min_size=1, max_size=3, unique_by=lambda column: column[0]).map(tuple),
)


def ask(talk: Talk, asked: Asked) -> Message:
    _, options = request_of(talk, asked)
    return talk.query(asked.kind, **options)


def rows(batch: Message, asked: Asked) -> list[tuple[Path, dict[str, str]]]:
    """Paths, and what was projected by its text: 1 and True differ."""
    found = zip(paths_of(batch), batch.entity_results, strict=True)
    return [(path, _texts(properties_of(result)) if asked.projected else {}) for path, result in found]


def oracle_rows(reply: dict[str, Any], asked: Asked) -> list[tuple[Path, dict[str, str]]]:
    return [
        (tuple(tuple(element) for element in path), _texts(values) if asked.projected else {})
        for path, values in reply["rows"]
    ]


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: repr(value) for name, value in values.items()}


@THOROUGH
@given(entities=old_stores, asked=old_questions())
def test_results_are_the_stubs(oracle: Oracle, entities: dict[Path, Values], asked: Asked) -> None:
    """In its order, with the values of its projections."""
    reply = oracle.ask(entities=entities_of(entities), asked=question_of(asked))
    assert "refused" not in reply
    assert rows(ask(filled(entities, "megastore"), asked), asked) == oracle_rows(reply, asked)


@THOROUGH
@given(asked=old_questions(), held=st.lists(definitions, max_size=3, unique=True))
def test_indexes_serve_where_the_sdk_says_so(
    oracle: Oracle, tmp_path_factory: pytest.TempPathFactory, asked: Asked, held: list[IndexDefinition]
) -> None:
    """Alone or joined; and where none is there, the index that is recommended is the SDK's."""
    file = tmp_path_factory.mktemp("indexes") / "index.yaml"
    file.write_text(write_definitions(held))
    reply = oracle.ask(asked=question_of(asked), indexes=file.read_text())
    assert "refused" not in reply
    talk, service = talk_to(Settings("megastore"))
    ask(talk, asked)
    suggested = [[each.kind, each.ancestor, [*map(list, each.properties)]] for each in service._state.catalog.suggested]
    assert suggested == ([] if reply["need"] is None else [reply["need"]])
    talk, _ = talk_to(Settings("megastore", index_file=file, require_indexes=True))
    assert _is_served(talk, asked) == reply["served"]


def _is_served(talk: Talk, asked: Asked) -> bool:
    try:
        ask(talk, asked)
    except ServiceError as error:
        if error.code is not Code.FAILED_PRECONDITION:
            raise
        return False
    return True
