"""Queries as text."""

from tests.contract.queries import fill
from tests.emulator.talk import Talk, found_names


class TestGql:
    """Queries as text."""

    def test_a_query_with_bindings(self, store: Talk) -> None:
        """It finds what its messages would, and is echoed as them."""
        fill(store, a=1, b=2, c=3)
        request = store.query_request()
        request.ClearField("query")
        request.gql_query.query_string = "SELECT * FROM Kind WHERE p >= @low ORDER BY p DESC LIMIT @1"
        request.gql_query.named_bindings["low"].value.integer_value = 2
        request.gql_query.positional_bindings.add().value.integer_value = 1
        reply = store.call("RunQuery", request)
        assert found_names(reply.batch) == ["c"]
        assert (reply.query.kind[0].name, reply.query.limit.value) == ("Kind", 1)
