"""The stores that the contract is run against, and what each is known to do differently.

A target opens to a `call(method, request) -> reply` of raw messages that raises CallError. A new one is one line in
TARGETS; its differences stand in DIFFERENCES, each once and with its reason, and are expected to fail: when one of
them passes, the list is wrong and the run says so.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import grpc

from consistency.emulator.status import ServiceError
from consistency.emulator.values.messages import Message
from tests.emulator.embedded import PREFIX, Embedded
from tests.emulator.talk import REPLIES, Call

OpenTarget = Callable[[], AbstractContextManager[Call]]


class CallError(Exception):
    """A refused call: the name of its status code, and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def open_embedded(model: str = "strong", apply_a: str = "0", apply_b: str = "0", concurrency: str = "") -> OpenTarget:
    """The embedded emulator in process. Its clock stands still but for 1 ms a call, so that nothing here can wait."""

    @contextmanager
    def opened() -> Iterator[Call]:
        embedded = Embedded(model, apply_a, apply_b, concurrency=concurrency)

        def call(method: str, request: Message) -> Message:
            embedded.now_ns += 1_000_000
            try:
                return embedded.call(method, request)
            except ServiceError as error:
                raise CallError(error.code.name, error.message) from error

        yield call

    return opened


def open_address(address: str) -> OpenTarget:
    """Whatever answers gRPC at an address. Namespaces keep its tests apart; nothing is reset."""

    @contextmanager
    def opened() -> Iterator[Call]:
        with grpc.insecure_channel(address) as channel:

            def call(method: str, request: Message) -> Message:
                rpc = channel.unary_unary(PREFIX + method, type(request).SerializeToString, REPLIES[method].FromString)
                try:
                    return rpc(request, timeout=10)
                except grpc.RpcError as error:
                    raise CallError(error.code().name, error.details() or "") from error

            yield call

    return opened


TARGETS: dict[str, OpenTarget] = {
    "embedded": open_embedded(),
    "embedded-optimistic": open_embedded(concurrency="optimistic"),
    "embedded-legacy": open_embedded("megastore"),
}
ADDRESSED = {  # target -> the fixture that starts it and gives its address
    "embedded-grpc": "embedded_address",
    "google-legacy": "google_address",
    "google-firestore": "firestore_address",
}
LATE_TARGETS: dict[str, OpenTarget] = {  # nothing is applied unless something rolls it forward
    "embedded": open_embedded("megastore", "10h", "10h"),
    "embedded-only-rows-late": open_embedded("megastore", "0", "10h"),
}
DATASTORE_MODE = {
    "test_the_key_goes_upwards_under_a_descending_order": "in Datastore mode what is added follows the last order",
    "test_an_inequality_must_come_first_among_orders": "in Datastore mode any order may come first",
    "test_a_global_query_cannot_be_strong": "in Datastore mode every query is strong",
    "test_global_queries_are_refused_in_entity_groups": "in Datastore mode transactions query globally",
    "test_the_group_is_the_unit": "in Datastore mode entities are the unit",
}
ONE_INEQUALITY = "the legacy service takes inequalities on one property"
LONG_WAIT = "a commit waits for others' locks, longer than the test does"
AGGREGATION_AS_QUERY = "UNKNOWN for an aggregation where a query is meant"
LEGACY = {
    "test_sequences_that_are_not_permitted": "the legacy service judges one mutation after the other",
    "test_they_are_ordered_by_name": ONE_INEQUALITY,
    "test_any_order_may_come_first": ONE_INEQUALITY,
    "test_beside_a_range_of_keys": ONE_INEQUALITY,
    "test_the_key_follows_a_descending_order": "what the legacy service adds to the orders goes upwards",
    "test_a_global_query_belongs_to_the_transactions_state": "the legacy service has only ancestor queries there",
    "test_a_phantom_is_seen": "the legacy service has only ancestor queries there",
    "test_a_read_time_shows_the_past": "the legacy service keeps no history",
    "test_a_read_only_transaction_in_the_past": "the legacy service keeps no history",
    "test_times_that_cannot_be_read": "the legacy service keeps no history",
}
DIFFERENCES: dict[str, dict[str, str]] = {
    "embedded": DATASTORE_MODE,
    "embedded-optimistic": DATASTORE_MODE,
    "embedded-legacy": {name: reason for name, reason in LEGACY.items() if name != "test_times_that_cannot_be_read"},
    "embedded-grpc": DATASTORE_MODE,
    "google-firestore": {
        **DATASTORE_MODE,
        **dict.fromkeys(
            ("test_an_old_version_is_skipped", "test_zero_means_absent", "test_the_update_time_serves_as_well"),
            "a conflict is written over unless it asks to fail",
        ),
        "test_an_array_stands_once": "an entity comes once for each element, against the documentation",
        "test_an_array_comes_once": "an entity comes once for each element, against the documentation",
        "test_the_cursor_of_an_exhausted_query_sees_what_comes_later": "a page without results has no cursor",
        "test_large_results_come_in_batches_that_clients_accept": "its replies exceed 4 MiB",
        "test_kinds": "it has no metadata kinds",
        "test_namespaces": "it has no metadata kinds",
        "test_properties": "it has no metadata kinds",
        "test_rules_of_aggregations": "UNKNOWN for a sixth aggregation",
        "test_gql": "it does not echo the query",
        "test_each_in_its_method": AGGREGATION_AS_QUERY,
        "test_a_group_is_read_as_it_was_when_first_touched": LONG_WAIT,
        "test_a_global_query_belongs_to_the_transactions_state": LONG_WAIT,
        "test_a_writer_outside_transactions_or_the_reader_wins": LONG_WAIT,
        "test_another_group_does_not_conflict": LONG_WAIT,
        "test_a_phantom_is_seen": LONG_WAIT,
        "test_everything_that_names_it_is_refused": "an ended transaction can be rolled back",
        "test_an_aborted_transaction_can_be_rolled_back_once": "it can be rolled back again and again",
        "test_one_snapshot_of_a_group_and_no_conflict": "even an empty commit is refused to a read-only transaction",
    },
    "google-legacy": {
        **dict.fromkeys(
            (
                "test_a_lookup_returns_what_is_listed",
                "test_a_lookup_of_the_key_alone",
                "test_a_lookup_into_an_embedded_entity",
                "test_a_write_changes_what_is_listed",
                "test_a_masked_write_into_an_embedded_entity",
                "test_a_name_with_a_dot_is_quoted",
            ),
            "it does not know property masks",
        ),
        **dict.fromkeys(
            (
                "test_what_comes_out",
                "test_the_request_time_is_one",
                "test_they_apply_in_order",
                "test_operands_that_are_no_numbers",
            ),
            "it does not know property transforms",
        ),
        **dict.fromkeys(
            (
                "test_a_read_time_shows_the_past",
                "test_a_read_only_transaction_in_the_past",
                "test_times_that_cannot_be_read",
            ),
            "it ignores read_time",
        ),
        "test_the_update_time_serves_as_well": "it does not compare update times",
        "test_sequences_that_are_not_permitted": LEGACY["test_sequences_that_are_not_permitted"],
        "test_a_global_query_belongs_to_the_transactions_state": LEGACY["test_a_phantom_is_seen"],
        "test_a_phantom_is_seen": LEGACY["test_a_phantom_is_seen"],
        **dict.fromkeys(
            (
                "test_in",
                "test_in_under_an_order",
                "test_or_of_different_properties",
                "test_and_over_or_is_distributed",
                "test_pages_of_alternatives",
                "test_thirty_alternatives_at_most",
                "test_keys",
                "test_not_equal",
                "test_not_in",
                "test_of_keys",
                "test_beside_an_equality",
                "test_an_array_comes_once",
                "test_alternatives",
            ),
            "it has neither IN, OR, != nor NOT_IN",
        ),
        **dict.fromkeys(
            (
                "test_count",
                "test_sum_and_average",
                "test_of_nothing",
                "test_other_types_are_passed_over",
                "test_results_have_every_summed_property",
                "test_an_overflowing_sum_is_a_double",
                "test_rules_of_aggregations",
                "test_only_what_the_query_returns",
                "test_gql",
                "test_numbers",
            ),
            "it has no aggregations",
        ),
        "test_each_in_its_method": AGGREGATION_AS_QUERY,
        "test_they_are_ordered_by_name": ONE_INEQUALITY,
        "test_any_order_may_come_first": ONE_INEQUALITY,
        "test_beside_a_range_of_keys": ONE_INEQUALITY,
        "test_ten_at_most": ONE_INEQUALITY,
        "test_only_masked_properties_come": "it ignores property masks",
        "test_not_with_a_projection": "it ignores property masks",
        "test_the_key_follows_a_descending_order": LEGACY["test_the_key_follows_a_descending_order"],
        "test_a_global_query_cannot_be_strong": "it answers, without being strong",
        "test_an_array_stands_once": "it indexes an empty array, before null",
        "test_large_results_come_in_batches_that_clients_accept": "its replies exceed 4 MiB",
        "test_a_group_is_read_as_it_was_when_first_touched": "it aborts the first query of a group that has moved",
    },
}
