"""The plan as a value: its defaults, its numbers, its contradictions, and its way through JSON."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from consistency.claim import parse_assertion
from consistency.operation import MUTATIONS, Action
from consistency.plan import ChannelKind, ClientKind, Plan
from consistency.plan_file import plan_hash
from consistency.probing import NOT_GOOGLES, Ancestor
from consistency.target import Backend, Model

PROBED = [action for action in Action if action not in MUTATIONS | set(NOT_GOOGLES["legacy"])]  # what every target has
durations = st.integers(1, 5_000).map(lambda count: f"{count}ms")
probes = st.fixed_dictionaries(
    {},
    optional={
        "interval": durations,
        "dither": st.booleans(),
        "backoff": st.floats(1, 5),
        "max_open": st.integers(1, 500),
        "confirm": st.integers(0, 9),
        "ancestor": st.sampled_from(list(Ancestor)),
    },
)
targets = st.sampled_from(
    [{}, {"lag": "1s"}, {"model": "strong"}, {"model": "megastore", "lag": "hrd-published"}, {"apply_b": "0"},
     {"backend": "google"}, {"backend": "google", "consistency": 0.5}, {"backend": "attached", "host": "a:1"}]
)  # fmt: skip
plans = st.fixed_dictionaries(
    {"probes": st.dictionaries(st.sampled_from(PROBED), probes, min_size=1)},
    optional={
        "question": st.text(max_size=20),
        "entities": st.integers(1, 10**6),
        "rate": st.sampled_from(["1/s", "7/m", "0.3/s", "1000/s"]),
        "deadline": durations,
        "seed": st.none() | st.integers(0, 2**31),
        "probe_isolation": st.booleans(),
        "target": targets,
    },
)


def make_plan(**chosen: Any) -> Plan:
    """A plan with one probe, unless `chosen` says otherwise."""
    return Plan.model_validate({"probes": {"key_get": {}}} | chosen)


def mistakes_of(**wrong: Any) -> str:
    """All that is said of a plan with a mistake."""
    with pytest.raises(ValidationError) as raised:
        make_plan(**wrong)
    return "\n".join(str(part["msg"]) for part in raised.value.errors())


class TestDefaults:
    def test_are_those_of_the_founding_experiment(self) -> None:
        """A thousand entities, one a second, one action each, three confirming attempts over a second."""
        plan = make_plan()
        assert (plan.entities, plan.rate_per_s, plan.deadline_ns) == (1000, Fraction(1), 30 * 10**9)
        assert (plan.probe_isolation, plan.virtual_time, plan.channel) == (True, False, ChannelKind.MEMORY)
        assert (plan.target.backend, plan.client) == (Backend.EMBEDDED, ClientKind.ASYNC)
        probe = plan.probes[Action.KEY_GET]
        assert (probe.confirm, probe.confirm_for, probe.dither, probe.ancestor) == (3, "1s", True, Ancestor.FATHER)


class TestNumbers:
    def test_lag_is_short_for_a_model_and_its_delays(self) -> None:
        """A lag means megastore: entities at once, indexes after the lag."""
        target = make_plan(target={"lag": "2s"}).target
        assert target.effective == (Model.MEGASTORE, {"apply_a": "0", "apply_b": "2s"})

    def test_without_a_lag_the_model_is_what_was_asked(self) -> None:
        """The two delays are the plan's own."""
        target = make_plan(target={"model": "megastore", "apply_a": "1s", "apply_b": "3s"}).target
        assert target.effective == (Model.MEGASTORE, {"apply_a": "1s", "apply_b": "3s"})
        assert make_plan().target.effective == (Model.STRONG, {})

    def test_a_stored_plan_says_what_the_target_does(self) -> None:
        """Whoever reads plan.json sees the model of a planted lag, and the coin of Google's emulator."""
        assert make_plan(target={"lag": "2s"}).model_dump()["target"]["model"] == "megastore"
        assert make_plan().model_dump()["target"]["model"] == "strong"
        assert make_plan(target={"backend": "google"}).model_dump()["target"]["consistency"] == 0.9

    def test_claims_keep_the_order_of_the_plan(self) -> None:
        """One claim or a list of them, told in their order."""
        claims = {"global_query": ["p90 <= 1s", "p50 <= 2s"], "key_get": "always visible"}
        plan = make_plan(probes={"key_get": {}, "global_query": {}}, claims=claims)
        told = ["global_query: p90 <= 1s", "global_query: p50 <= 2s", "key_get: always visible"]
        assert [str(claim) for claim in plan.parsed_claims] == told


class TestMistakes:
    @pytest.mark.parametrize(
        "wrong",
        [{"entities": 0}, {"rate": "0/s"}, {"deadline": "0"}, {"probes": {}}, {"probes": {"write": {}}},
         {"probes": {"key_get": {"interval": "0"}}}, {"probes": {"key_get": {"backoff": 0.5}}},
         {"probes": {"key_get": {"backoff": float("inf")}}}, {"probes": {"key_get": {"backoff": float("nan")}}},
         {"probes": {"key_get": {"max_open": 0}}}, {"probes": {"key_get": {"confirm": -1}}},
         {"target": {"consistency": 1.5}}, {"target": {"consistency": float("nan")}}, {"target": {"lag": "soon"}},
         {"claims": {"key_get": "never"}}, {"surplus": 1}],
    )  # fmt: skip
    def test_what_cannot_be_run_is_refused(self, wrong: dict[str, Any]) -> None:
        """Every number has its bounds."""
        assert mistakes_of(**wrong)

    def test_a_claim_needs_its_probe(self) -> None:
        """What is not probed cannot be judged."""
        assert "claims.global_query: the plan has no probe global_query" in mistakes_of(
            claims={"global_query": "p50 <= 1s"}
        )

    @pytest.mark.parametrize("target", [{"backend": "attached"}, {"host": "127.0.0.1:1"}])
    def test_a_host_goes_with_an_attached_store(self, target: dict[str, str]) -> None:
        """Neither without the other."""
        assert "target.host: goes with target.backend = attached" in mistakes_of(target=target)

    @pytest.mark.parametrize(
        ("target", "told"),
        [
            ({"model": "strong", "lag": "1s"}, ["lag"]),
            ({"model": "strong", "apply_a": "1s", "apply_b": "1s"}, ["apply_a", "apply_b"]),
            ({"lag": "1s", "apply_b": "0"}, ["lag"]),
            ({"backend": "google", "model": "megastore", "lag": "1s"}, ["model", "lag"]),
            ({"backend": "attached", "host": "a:1", "model": "strong"}, ["model"]),
            ({"backend": "attached", "host": "a:1", "consistency": 1}, ["consistency"]),
            ({"model": "strong", "consistency": 1}, ["consistency"]),
            ({"model": "replicas", "read_quorum": 2}, ["read_quorum"]),
            ({"model": "quorum", "read_quorum": 4}, ["read_quorum"]),
            ({"model": "replicas", "apply_b": "0 | 1s"}, ["apply_b"]),
            ({"replicas": 3}, ["replicas"]),
        ],
    )
    def test_a_setting_without_a_meaning_is_refused(self, target: dict[str, Any], told: list[str]) -> None:
        """Passing it over would report on another store than the one that was asked for."""
        assert [
            line.split(":")[0] for line in mistakes_of(target=target).removeprefix("Value error, ").split("\n")
        ] == [f"target.{name}" for name in told]

    def test_virtual_time_tells_all_its_contradictions_at_once(self) -> None:
        """It works with the embedded emulator in process only, and says so of each setting."""
        told = mistakes_of(virtual_time=True, channel="file", client="library", target={"backend": "google"})
        assert all(f"{key}: virtual time works only with" in told for key in ("target.backend", "client", "channel"))

    def test_a_plan_does_not_change(self) -> None:
        """It is a value: what was hashed is what runs."""
        with pytest.raises(ValidationError, match="frozen"):
            make_plan().entities = 5


class TestRoundTrip:
    @settings(max_examples=40)
    @given(plans)
    def test_json_gives_the_plan_back(self, tree: dict[str, Any]) -> None:
        """A stored plan is the plan that ran, and has its hash."""
        plan = Plan.model_validate(tree)
        stored = Plan.model_validate_json(plan.model_dump_json())
        assert stored == plan
        assert plan_hash(stored) == plan_hash(plan)

    def test_another_plan_has_another_hash(self) -> None:
        """The hash names the content."""
        hashes = {plan_hash(make_plan(entities=count)) for count in (1, 2, 3)}
        assert len(hashes) == 3
        assert all(len(digits) == 12 for digits in hashes)

    def test_further_claims_are_the_plans_own(self) -> None:
        """They stand behind those about the same subject, and leave the hash: a reader need not know them."""
        plan = make_plan(probes={"key_get": {}, "global_query": {}}, claims={"key_get": "always visible"})
        claiming = plan.claiming([parse_assertion(f"{name}.p50 <= 1s") for name in ("key_get", "global_query")])
        told = [str(claim) for claim in claiming.parsed_claims]
        assert told == ["key_get: always visible", "key_get: p50 <= 1s", "global_query: p50 <= 1s"]
        assert plan_hash(claiming) == plan_hash(plan)
        assert Plan.model_validate_json(claiming.model_dump_json()) == claiming
