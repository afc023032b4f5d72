"""The table of the legacy service (datastore reference, section 3.1), cell by cell, one nanosecond around A and B.

commit        A = 100 ms            B = 300 ms
|-------------|---------------------|------------>
"""

from collections.abc import Callable

import pytest

from consistency.emulator.engine.log import Group, LogEntry
from consistency.emulator.models import open_model
from consistency.emulator.settings import Settings
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.keys import PartitionId
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import EVENTUAL, STRONG, Talk, delete, found_names, properties_of, update, upsert

A_NS, B_NS = 100 * MS, 300 * MS
UNITS = ("group", "entity")
BEFORE_A = (0, A_NS - 1)
BETWEEN = (A_NS, B_NS - 1)
AFTER_B = (B_NS, B_NS + 1, 10 * B_NS)
INSTANTS = [
    *((at, "before A") for at in BEFORE_A),
    *((at, "between") for at in BETWEEN),
    *((at, "after B") for at in AFTER_B),
]


def values_of(batch: object) -> list[object]:
    return [properties_of(result)["color"] for result in batch.entity_results]  # type: ignore[attr-defined]


def settled(changes: Callable[[Talk], object], unit: str = "group") -> tuple[Embedded, Talk]:
    """A store with one red entity applied everywhere, on which `changes` has just been done: time 0 is its commit."""
    embedded = Embedded("megastore", "100ms", "200ms", unit=unit)
    talk = embedded.talk()
    embedded.now_ns = -B_NS
    talk.put("Kind", "a", color="red")
    embedded.now_ns = 0
    changes(talk)
    return embedded, talk


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("at_ns", "phase"), INSTANTS)
class TestUpdate:
    """red becomes blue at 0."""

    @staticmethod
    def store(at_ns: int, unit: str) -> Talk:
        embedded, talk = settled(lambda talk: talk.commit(update(talk.key("Kind", "a"), color="blue")), unit)
        embedded.now_ns = at_ns
        return talk

    def test_a_strong_lookup_sees_the_newest(self, at_ns: int, phase: str, unit: str) -> None:
        """In every phase."""
        assert self.store(at_ns, unit).get("Kind", "a") == {"color": "blue"}

    def test_an_eventual_lookup_sees_the_body_as_of_a(self, at_ns: int, phase: str, unit: str) -> None:
        """Old before A, new from A on."""
        expected = "red" if phase == "before A" else "blue"
        assert self.store(at_ns, unit).get("Kind", "a", eventual=True) == {"color": expected}

    def test_a_strong_ancestor_query_is_exact(self, at_ns: int, phase: str, unit: str) -> None:
        """In every phase, found by the new row alone."""
        talk = self.store(at_ns, unit)
        assert values_of(talk.query("Kind", ("color", "=", "red"), ancestor=talk.key("Kind", "a"))) == []
        assert values_of(talk.query("Kind", ("color", "=", "blue"), ancestor=talk.key("Kind", "a"))) == ["blue"]

    @pytest.mark.parametrize("ancestor", [False, True])
    def test_eventual_queries_find_by_rows_as_of_b_and_return_bodies_as_of_a(
        self, at_ns: int, phase: str, unit: str, ancestor: bool
    ) -> None:
        """Old rows and old bodies; then old rows with new bodies, a stale match; then all new."""
        talk = self.store(at_ns, unit)
        options = {"ancestor": talk.key("Kind", "a"), "consistency": EVENTUAL} if ancestor else {}
        by_old = values_of(talk.query("Kind", ("color", "=", "red"), **options))
        by_new = values_of(talk.query("Kind", ("color", "=", "blue"), **options))
        assert (by_old, by_new) == {
            "before A": (["red"], []),
            "between": (["blue"], []),
            "after B": ([], ["blue"]),
        }[phase]

    def test_keys_only_global_queries_are_as_of_b(self, at_ns: int, phase: str, unit: str) -> None:
        """Old but self-consistent until B."""
        talk = self.store(at_ns, unit)
        by_old = found_names(talk.query("Kind", ("color", "=", "red"), keys_only=True))
        assert by_old == ([] if phase == "after B" else ["a"])


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("at_ns", "phase"), INSTANTS)
class TestInsert:
    """A blue entity b is new at 0."""

    def test_what_each_read_sees(self, at_ns: int, phase: str, unit: str) -> None:
        """Missing from eventual lookups before A, from global queries before B."""
        embedded, talk = settled(lambda talk: talk.put("Kind", "b", color="blue"), unit)
        embedded.now_ns = at_ns
        assert (talk.get("Kind", "b", eventual=True) is None) == (phase == "before A")
        assert found_names(talk.query("Kind")) == (["a", "b"] if phase == "after B" else ["a"])
        assert found_names(talk.query("Kind", ("color", "=", "blue"))) == (["b"] if phase == "after B" else [])
        assert found_names(talk.query("Kind", ancestor=talk.key("Kind", "b"))) == ["b"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("at_ns", "phase"), INSTANTS)
class TestDelete:
    """The red entity is deleted at 0."""

    def test_what_each_read_sees(self, at_ns: int, phase: str, unit: str) -> None:
        """Whole before A; between A and B only its key is left in the rows; gone after B."""
        embedded, talk = settled(lambda talk: talk.commit(delete(talk.key("Kind", "a"))), unit)
        embedded.now_ns = at_ns
        assert (talk.get("Kind", "a", eventual=True) is None) == (phase != "before A")
        assert found_names(talk.query("Kind", ("color", "=", "red"))) == (["a"] if phase == "before A" else [])
        assert found_names(talk.query("Kind", keys_only=True)) == ([] if phase == "after B" else ["a"])
        assert talk.get("Kind", "a") is None


class TestOrder:
    """Wrong order and limit: computed on rows as of B."""

    def test_an_order_is_that_of_the_old_rows(self) -> None:
        """Between A and B the new body stands in the old place."""
        embedded, talk = settled(lambda talk: None)
        talk.put("Kind", "b", color="white")
        embedded.now_ns += B_NS
        talk.put("Kind", "a", color="yellow")
        embedded.now_ns += A_NS
        assert values_of(talk.query("Kind", orders=["color"])) == ["yellow", "white"]
        assert values_of(talk.query("Kind", orders=["color"], limit=1)) == ["yellow"]


class TestRollForward:
    """What applies a group early, and only that group."""

    @pytest.mark.parametrize("read", ["lookup", "ancestor query", "transaction", "commit"])
    def test_a_strong_read_or_commit_applies_its_group_alone(self, read: str) -> None:
        """Afterwards global queries see the read group's entity, and not the other's."""
        _, talk = settled(lambda talk: talk.put("Kind", "b", color="blue"))
        talk.put("Kind", "other", color="blue")
        reads: dict[str, Callable[[], object]] = {
            "lookup": lambda: talk.get("Kind", "b"),
            "ancestor query": lambda: talk.query("Kind", ancestor=talk.key("Kind", "b")),
            "transaction": lambda: talk.lookup(talk.key("Kind", "b"), transaction=talk.begin()),
            "commit": lambda: talk.commit(upsert(talk.key("Kind", "b", "Child", "c"))),
        }
        reads[read]()
        assert found_names(talk.query("Kind", ("color", "=", "blue"))) == ["b"]

    def test_an_eventual_read_applies_nothing(self) -> None:
        """It may look as often as it likes."""
        _, talk = settled(lambda talk: talk.put("Kind", "b", color="blue"))
        for _ in range(3):
            assert talk.get("Kind", "b", eventual=True) is None
            assert found_names(talk.query("Kind", ("color", "=", "blue"))) == []

    def test_a_later_entry_never_overtakes_an_earlier_one(self) -> None:
        """With delays of 10 s or 0 and no roll-forward, an entry waits for the one before it."""
        model = open_model(Settings("megastore", "classes:50%=0,50%=10s", "classes:50%=0,50%=10s", seed=3))
        group = Group(PartitionId("p", "", ""), b"root", b"root", {}, {})
        for number in range(30):
            group.log.append(LogEntry(number, number, number, group))
            model.append(group.log, group.log[-1], number)
        plans = [entry.plan for entry in group.log]
        assert plans == sorted(plans)
        assert [rows for _, rows in plans] == sorted(rows for _, rows in plans)
        assert len(set(plans)) < 30


class TestRules:
    """The legacy service's rules of reading."""

    def test_a_global_query_cannot_be_strong(self) -> None:
        """Asked for explicitly, it is refused."""
        _, talk = settled(lambda talk: None)
        with pytest.raises(ServiceError, match="strong") as refusal:
            talk.query("Kind", consistency=STRONG)
        assert refusal.value.code is Code.INVALID_ARGUMENT

    def test_an_eventual_batch_has_no_read_time(self) -> None:
        """It is no snapshot, so it has none to tell."""
        _, talk = settled(lambda talk: None)
        assert not talk.query("Kind").HasField("read_time")
        assert talk.query("Kind", ancestor=talk.key("Kind", "a")).HasField("read_time")


class TestTruth:
    """The truth log against what reads saw."""

    def test_a_record_tells_the_planned_instants(self) -> None:
        """A and B after the commit, and who was written."""
        embedded, _ = settled(lambda talk: talk.put("Kind", "b", "Child", 7))
        record = embedded.truth[-1]
        assert (record.group, record.names) == ("Kind:'b'", ("7",))
        assert (record.committed_ns, record.bodies_ns, record.rows_ns) == (0, A_NS, B_NS)

    def test_a_roll_forward_corrects_the_record_under_its_number(self) -> None:
        """Between A and B a strong read brings B forward and leaves A."""
        embedded, talk = settled(lambda talk: talk.put("Kind", "b"))
        planned = embedded.truth[-1]
        embedded.now_ns = A_NS + 5
        talk.get("Kind", "b")
        corrected = embedded.truth[-1]
        assert corrected.commit == planned.commit
        assert (corrected.bodies_ns, corrected.rows_ns) == (A_NS, A_NS + 5)
        talk.get("Kind", "b")
        assert embedded.truth[-1] is corrected

    def test_a_commit_over_two_groups_has_two_records(self) -> None:
        """With numbers of their own, so that each can be corrected alone."""
        embedded = Embedded("megastore", "100ms", "200ms")
        talk = embedded.talk()
        talk.commit(upsert(talk.key("Kind", "a")), upsert(talk.key("Kind", "b")), upsert(talk.key("Kind", "a", "K", 1)))
        assert [record.names for record in embedded.truth] == [("a", "1"), ("b",)]
        assert len({record.commit for record in embedded.truth}) == 2


class TestSeed:
    """Draws are the seed's."""

    @staticmethod
    def trace(embedded: Embedded) -> list[object]:
        talk = embedded.talk()
        seen: list[object] = []
        for number in range(50):
            embedded.now_ns += 7 * MS
            seen.append(talk.put("Kind", number % 5 + 1, color=number).SerializeToString())
            seen.append(talk.query("Kind", orders=["color"]).SerializeToString(deterministic=True))
        return [*seen, embedded.truth]

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        """Every reply and every record of truth."""
        first, second, third = (
            self.trace(Embedded("megastore", "uniform:0,30ms", "exponential:20ms", seed)) for seed in (1, 1, 2)
        )
        assert first == second
        assert first != third
