"""Explained queries: the plan alone, and with analyze the results and what they took."""

from collections.abc import Sequence
from typing import Any

import pytest
from google.protobuf import json_format

from consistency.emulator.indexes.definitions import write_definitions
from consistency.emulator.status import ServiceError
from consistency.emulator.values.messages import Message
from tests.emulator.embedded import Embedded
from tests.emulator.talk import NO_MORE, NOT_FINISHED, Talk, found_names, unindexed, upsert


@pytest.fixture
def talk() -> Talk:
    """Three entities with p and q."""
    filled = Embedded().talk()
    filled.commit(*(upsert(filled.key("Kind", name), p=place, q=1) for place, name in enumerate("abc")))
    return filled


def explained(talk: Talk, *filters: Any, analyze: bool = True, **options: Any) -> Message:
    request = talk.query_request("Kind", *filters, **options)
    request.explain_options.analyze = analyze
    return talk.call("RunQuery", request)


def indexes(reply: Message) -> list[str]:
    """The indexes that a plan names."""
    return [each["properties"] for each in reply.explain_metrics.plan_summary.indexes_used]


def debug(reply: Message) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(reply.explain_metrics.execution_stats.debug_stats)
    return found


class TestPlan:
    """Without analyze."""

    @pytest.mark.parametrize(
        ("filters", "options", "expected"),
        [
            ([], {}, ["(__name__ ASC)"]),
            ([("q", "=", 1)], {}, ["(q ASC, __name__ ASC)"]),
            ([("q", "=", 1), ("p", "=", 1)], {}, ["(p ASC, __name__ ASC)", "(q ASC, __name__ ASC)"]),
            ([("p", ">", 1)], {"orders": ["-p"]}, ["(p DESC, __name__ DESC)"]),
            ([("q", "=", 1)], {"orders": ["p"]}, ["(q ASC, p ASC, __name__ ASC)"]),
            ([("p", "IN", [1, 2])], {"orders": ["q"]}, ["(p ASC, q ASC, __name__ ASC)"]),
        ],
    )
    def test_which_indexes(
        self, talk: Talk, filters: list[Any], options: dict[str, Sequence[str]], expected: list[str]
    ) -> None:
        """Each that the query walks, once; nothing is read."""
        reply = explained(talk, *filters, analyze=False, **options)
        assert sorted(indexes(reply)) == expected
        assert (found_names(reply.batch), reply.batch.more_results) == ([], NO_MORE)
        assert not reply.explain_metrics.HasField("execution_stats")

    def test_under_an_ancestor(self, talk: Talk) -> None:
        """The scope says so."""
        reply = explained(talk, analyze=False, ancestor=talk.key("Kind", "a"), orders=["p"])
        (used,) = reply.explain_metrics.plan_summary.indexes_used
        assert used["query_scope"] == "Includes ancestors"

    def test_a_query_that_is_refused(self, talk: Talk) -> None:
        """Is refused all the same, for its form or for want of an index."""
        request = talk.query_request(None, ("p", "=", 1))
        request.explain_options.SetInParent()
        with pytest.raises(ServiceError, match="kind is required"):
            talk.call("RunQuery", request)
        with pytest.raises(ServiceError, match="no matching index"):
            explained(Embedded(require_indexes=True).talk(), orders=["p", "-q"], analyze=False)

    def test_it_is_not_asked_for(self, talk: Talk) -> None:
        """Then nothing is explained."""
        assert not talk.call("RunQuery", talk.query_request("Kind")).HasField("explain_metrics")


class TestAnalyze:
    """With results."""

    def test_what_it_took(self, talk: Talk) -> None:
        """Results come as ever, and the numbers fit them."""
        reply = explained(talk, ("p", ">", 0))
        stats = reply.explain_metrics.execution_stats
        assert found_names(reply.batch) == ["b", "c"]
        assert (stats.results_returned, stats.read_operations) == (2, 2)
        assert stats.HasField("execution_duration")
        counted = debug(reply)
        assert (counted["index_entries_scanned"], counted["documents_scanned"]) == ("2", "2")
        assert set(counted["billing_details"]) >= {"documents_billable", "index_entries_billable", "min_query_cost"}

    def test_skipped_results_are_scanned(self, talk: Talk) -> None:
        """An offset costs entries and no documents."""
        counted = debug(explained(talk, offset=2, limit=5))
        assert (counted["index_entries_scanned"], counted["documents_scanned"]) == ("3", "1")

    @pytest.mark.parametrize("options", [{"keys_only": True}, {"project": ["p"]}])
    def test_index_rows_alone(self, talk: Talk, options: dict[str, Any]) -> None:
        """Keys and projections read no document; they cost one operation."""
        reply = explained(talk, **options)
        assert (debug(reply)["documents_scanned"], debug(reply)["index_entries_scanned"]) == ("0", "3")
        assert reply.explain_metrics.execution_stats.read_operations == 1

    def test_nothing_found(self, talk: Talk) -> None:
        """Costs one operation at least."""
        reply = explained(talk, ("p", "=", 9))
        stats = reply.explain_metrics.execution_stats
        assert (stats.results_returned, stats.read_operations) == (0, 1)
        assert debug(reply)["billing_details"]["min_query_cost"] == "1"

    def test_the_last_batch_tells(self) -> None:
        """Statistics come when the query is finished, the plan with every batch."""
        talk = Embedded().talk()
        text = unindexed("x" * 900_000)
        for name in "abcd":
            talk.put("Kind", name, text=text)
        first = explained(talk)
        assert first.batch.more_results == NOT_FINISHED
        assert indexes(first)
        assert not first.explain_metrics.HasField("execution_stats")
        last = explained(talk, start=first.batch.end_cursor)
        assert last.batch.more_results == NO_MORE
        assert last.explain_metrics.execution_stats.results_returned == len(last.batch.entity_results)

    def test_as_text_and_in_a_new_transaction(self, talk: Talk) -> None:
        """The echoed query and the transaction come beside it."""
        request = talk.query_request()
        request.ClearField("query")
        request.gql_query.query_string = "SELECT * FROM Kind WHERE p = @1"
        request.gql_query.positional_bindings.add().value.integer_value = 1
        request.read_options.new_transaction.read_only.SetInParent()
        request.explain_options.analyze = True
        reply = talk.call("RunQuery", request)
        assert found_names(reply.batch) == ["b"]
        assert reply.query.kind[0].name == "Kind"
        assert indexes(reply) == ["(p ASC, __name__ ASC)"]
        assert talk.get("Kind", "b", transaction=reply.transaction) == {"p": 1, "q": 1}


class TestAggregations:
    """RunAggregationQuery."""

    @staticmethod
    def explained(talk: Talk, *, analyze: bool) -> Message:
        request = talk.aggregation_request(("count",), ("sum", "p", "total"))
        request.explain_options.analyze = analyze
        return talk.call("RunAggregationQuery", request)

    def test_the_plan(self, talk: Talk) -> None:
        """Names the index that the sum walks, without a result."""
        reply = self.explained(talk, analyze=False)
        assert indexes(reply) == ["(p ASC, __name__ ASC)"]
        assert not reply.batch.aggregation_results
        assert not reply.explain_metrics.HasField("execution_stats")

    def test_what_it_took(self, talk: Talk) -> None:
        """One result of three entries; no document is read."""
        reply = self.explained(talk, analyze=True)
        (result,) = reply.batch.aggregation_results
        assert result.aggregate_properties["total"].integer_value == 3
        stats = reply.explain_metrics.execution_stats
        assert (stats.results_returned, stats.read_operations) == (1, 1)
        assert (debug(reply)["index_entries_scanned"], debug(reply)["documents_scanned"]) == ("3", "0")


def test_an_index_file_serves_the_plan(tmp_path: Any) -> None:
    """With the index that the refusal recommends the plan is given."""
    file = tmp_path / "index.yaml"
    talk = Embedded(index_file=file).talk()
    explained(talk, orders=["p", "-q"], analyze=False)
    assert "- name: q" in file.read_text()
    assert file.read_text() != write_definitions([])
    assert indexes(explained(Embedded(index_file=file, require_indexes=True).talk(), orders=["p", "-q"]))
