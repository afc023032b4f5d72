"""The schedule: names, due times and the times of attempts, as functions of plan and seed."""

import uuid
from fractions import Fraction
from itertools import islice, pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.operation import Action
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.schedule import SHARED, Stream, Train, name_item, plan_streams, write_due_ns

MS = 1_000_000
SECOND = 1_000 * MS
ALONE = Stream("key_get", (Action.KEY_GET,), Fraction(0))
BELOW = Stream("ancestor_query", (Action.ANCESTOR_QUERY,), Fraction(0))


def plan_of(**chosen: Any) -> Plan:
    """A plan with three probes."""
    return Plan.model_validate({"probes": {"global_query": {}, "key_get": {}, "ancestor_query": {}}} | chosen)


def offsets(count: int, seed: int = 1, **probe: Any) -> list[int]:
    """The first offsets of a search, in nanoseconds."""
    return list(islice(Train.of(Probe(**probe)).attempt_offsets_ns(Random(seed)), count))


class TestStreams:
    def test_each_probe_has_its_own(self) -> None:
        """One entity is probed by one action only; the streams share the period evenly and do not collide."""
        streams = plan_streams(plan_of())
        assert [stream.actions for stream in streams] == [
            (Action.GLOBAL_QUERY,),
            (Action.KEY_GET,),
            (Action.ANCESTOR_QUERY,),
        ]
        assert [stream.phase for stream in streams] == [Fraction(0), Fraction(1, 3), Fraction(2, 3)]

    def test_without_isolation_they_share_one(self) -> None:
        """Then every probe looks for every entity, and all lie under the ancestors that the ancestor query names."""
        (stream,) = plan_streams(plan_of(probe_isolation=False))
        assert stream.name == SHARED
        assert set(stream.actions) == {Action.GLOBAL_QUERY, Action.KEY_GET, Action.ANCESTOR_QUERY}
        assert stream.has_ancestor


class TestNames:
    def test_repeat_by_seed(self) -> None:
        """A remote or restarted reader knows them without being told."""
        assert name_item(7, ALONE, 3) == name_item(7, ALONE, 3)

    @given(st.tuples(*[st.integers(0, 5)] * 2), st.tuples(*[st.integers(0, 5)] * 2))
    def test_differ_by_seed_and_index(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        """Equal names mean equal seeds and equal places."""
        same = name_item(one[0], ALONE, one[1]) == name_item(other[0], ALONE, other[1])
        assert same == (one == other)

    def test_differ_by_stream(self) -> None:
        """Two streams never write the same entity."""
        streams = plan_streams(plan_of())
        names = {name_item(7, stream, index).name for stream in streams for index in range(100)}
        assert len(names) == 300

    def test_are_version_5_uuids(self) -> None:
        """What the founding experiments called a UUID."""
        assert uuid.UUID(name_item(7, ALONE, 0).name).version == 5

    def test_a_name_is_the_standard_uuid_of_seed_stream_and_index(self) -> None:
        """Another program can make it too: version 5 in the name space that is written in the module."""
        names = uuid.UUID("6f1d3f3a-6f5c-5c2b-9d57-7d6f0d9f2a11")
        for index in range(50):
            assert name_item(7, ALONE, index).name == str(uuid.uuid5(names, f"7/{ALONE.name}/{index}"))

    def test_group_is_the_root(self) -> None:
        """An entity below the ancestors has their root's group, every other is a root of its own."""
        assert name_item(7, BELOW, 0).group == "grandpa"
        item = name_item(7, ALONE, 0)
        assert item.group == item.name


class TestDueTimes:
    @pytest.mark.parametrize("rate", [Fraction(1), Fraction(3), Fraction(7, 60), Fraction(1000), Fraction(3, 10)])
    @pytest.mark.parametrize("index", [0, 1, 2, 999, 10**6, 10**6 + 1])
    def test_do_not_drift(self, rate: Fraction, index: int) -> None:
        """Write k is due at k / rate, to the nanosecond below, after a million writes at 3/s or 7/m too."""
        assert (
            write_due_ns(100 * MS, rate, ALONE, index) == 100 * MS + index * SECOND * rate.denominator // rate.numerator
        )

    @given(
        st.fractions(Fraction(1, 1000), 1000, max_denominator=1000),
        st.fractions(0, Fraction(99, 100), max_denominator=100),
        st.integers(0, 10**6),
    )
    def test_are_exact_for_any_rate_and_phase(self, rate: Fraction, phase: Fraction, index: int) -> None:
        """The phase is a part of a period."""
        due_ns = write_due_ns(0, rate, Stream("s", (Action.KEY_GET,), phase), index)
        assert 0 <= (index + phase) * SECOND / rate - due_ns < 1

    def test_streams_stand_apart(self) -> None:
        """Three streams at one a second write a third of a second apart."""
        due = [write_due_ns(0, Fraction(1), stream, 5) for stream in plan_streams(plan_of())]
        assert due == [5 * SECOND, 5_333_333_333, 5_666_666_666]


class TestAttempts:
    def test_without_dither_they_are_evenly_spaced(self) -> None:
        """At once, then each interval."""
        assert offsets(5, interval="50ms", dither=False) == [0, 50 * MS, 100 * MS, 150 * MS, 200 * MS]

    @settings(max_examples=50)
    @given(st.integers(0, 10**6))
    def test_dither_moves_the_train_within_one_interval(self, seed: int) -> None:
        """The first attempt is at once, the second within an interval of it, and the spacing is kept after that."""
        first, second, *later = offsets(6, seed, interval="50ms")
        assert first == 0
        assert 0 <= second < 50 * MS
        assert [after - before for before, after in pairwise([second, *later])] == [50 * MS] * 4

    def test_dither_spreads_over_the_interval(self) -> None:
        """Each tenth of the interval gets its share of phases; Hoeffding: a deviation of 0.02 has odds of 2e-7."""
        random, train = Random(1), Train.of(Probe(interval="50ms"))
        phases = sorted(list(islice(train.attempt_offsets_ns(random), 2))[1] for _ in range(20_000))
        for tenth in range(1, 10):
            assert abs(sum(phase < tenth * 5 * MS for phase in phases) / 20_000 - tenth / 10) < 0.02

    def test_a_seed_repeats_its_train(self) -> None:
        """Equal seeds give equal times, others do not."""
        assert offsets(9, 5) == offsets(9, 5) != offsets(9, 6)

    def test_back_off_begins_after_its_time(self) -> None:
        """Up to `backoff_after` the spacing is the interval, then each is longer by the factor, up to the greatest."""
        told = offsets(9, interval="100ms", dither=False, backoff=2, backoff_after="300ms", max_interval="500ms")
        assert told == [at * MS for at in (0, 100, 200, 300, 500, 900, 1400, 1900, 2400)]

    def test_back_off_from_the_start(self) -> None:
        """With `backoff_after` 0 the second spacing is longer already."""
        told = offsets(5, interval="100ms", dither=False, backoff=1.5, backoff_after="0", max_interval="1s")
        assert told == [at * MS for at in (0, 100, 250, 475)] + [475 * MS + 337_500_000]

    def test_without_a_factor_there_is_no_back_off(self) -> None:
        """A factor of 1 keeps the interval for good."""
        told = offsets(60, interval="100ms", dither=False, backoff=1, backoff_after="0")
        assert told == [place * 100 * MS for place in range(60)]

    def test_the_greatest_interval_is_at_least_the_interval(self) -> None:
        """A plan with a long interval is not sped up by the default of the greatest one."""
        told = offsets(4, interval="5s", dither=False, backoff=2, backoff_after="0", max_interval="1s")
        assert told == [0, 5 * SECOND, 10 * SECOND, 15 * SECOND]


class TestConfirmation:
    @pytest.mark.parametrize(
        ("confirm", "confirm_for", "expected_ms"),
        [(3, "900ms", [300, 600, 900]), (1, "1s", [1000]), (0, "1s", []), (2, "0", [0, 0])],
    )
    def test_is_spread_over_its_time(self, confirm: int, confirm_for: str, expected_ms: list[int]) -> None:
        """The last confirming attempt is at the end of that time."""
        train = Train.of(Probe(confirm=confirm, confirm_for=confirm_for))
        assert list(train.confirm_offsets_ns()) == [at * MS for at in expected_ms]

    def test_goes_on_where_it_stopped(self) -> None:
        """A restarted reader makes only those that are missing."""
        train = Train.of(Probe(confirm=4, confirm_for="1s"))
        assert list(train.confirm_offsets_ns(made=3)) == [SECOND]
        assert list(train.confirm_offsets_ns(made=4)) == []
        assert list(train.confirm_offsets_ns(made=9)) == []
