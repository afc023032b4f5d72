"""What is applied in order: a whole entity group in its log's order, or each of its entities for itself."""

from collections.abc import Callable

import pytest

from consistency.emulator.settings import Settings
from consistency.emulator.status import ServiceError
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import Talk, found_names, names_of, upsert

UNITS = ("group", "entity")
COIN = "classes:50%=0,50%=1s"  # of the two entities below each is early or late
SEEDS = range(20)


def look(embedded: Embedded, *names: str) -> tuple[bool, ...]:
    """Which children of one group an eventual lookup sees now."""
    talk = embedded.talk()
    keys = (talk.key("Kind", "root", "Child", name) for name in names)
    found = names_of(talk.lookup(*keys, eventual=True).found)
    return tuple(name in found for name in names)


def write(talk: Talk, *names: str) -> None:
    talk.commit(*(upsert(talk.key("Kind", "root", "Child", name)) for name in names))


def observe(unit: str, model: str, commits: list[tuple[str, ...]]) -> set[tuple[bool, ...]]:
    """What was seen of a and b at once after these commits, over many seeds."""
    seen = set()
    for seed in SEEDS:
        embedded = Embedded(model, COIN, seed=seed, unit=unit, roll_forward=False)
        for names in commits:
            write(embedded.talk(), *names)
        seen.add(look(embedded, "a", "b"))
    return seen


@pytest.mark.parametrize("model", ["megastore", "replicas"])
class TestOrder:
    def test_a_later_commit_of_a_group_never_overtakes(self, model: str) -> None:
        """First a, then b: b is never seen without a."""
        assert observe("group", model, [("a",), ("b",)]) == {(False, False), (True, False), (True, True)}

    def test_a_later_commit_overtakes_where_each_entity_is_for_itself(self, model: str) -> None:
        """b is seen without a."""
        assert (False, True) in observe("entity", model, [("a",), ("b",)])

    def test_half_a_commit(self, model: str) -> None:
        """One commit of both is seen as one, or, for itself each, by halves."""
        assert observe("group", model, [("a", "b")]) == {(False, False), (True, True)}
        assert len(observe("entity", model, [("a", "b")])) == 4


@pytest.mark.parametrize("unit", UNITS)
class TestRollForward:
    READS: dict[str, Callable[[Talk], object]] = {  # noqa: RUF012 - a table
        "lookup": lambda talk: talk.get("Kind", "root"),
        "ancestor query": lambda talk: talk.query("Child", ancestor=talk.key("Kind", "root", "Child", "a")),
        "transaction": lambda talk: talk.lookup(talk.key("Kind", "root"), transaction=talk.begin()),
        "commit": lambda talk: write(talk, "c"),
    }

    @pytest.mark.parametrize("read", READS)
    def test_it_is_of_the_whole_group(self, unit: str, read: str) -> None:
        """Whatever of the group is read strongly or written, all that was committed to it before is applied."""
        embedded = Embedded("megastore", "1s", "1s", unit=unit)
        talk = embedded.talk()
        write(talk, "a")
        write(talk, "b")
        talk.put("Other", "x")
        assert look(embedded, "b") == (False,)
        self.READS[read](talk)
        assert look(embedded, "a", "b") == (True, True)
        assert found_names(talk.query("Child")) == ["a", "b"]
        assert found_names(talk.query("Other")) == []

    def test_an_entity_never_goes_back(self, unit: str) -> None:
        """Of one entity later states never overtake, whatever is applied in order."""
        for seed in SEEDS:
            embedded = Embedded("megastore", COIN, seed=seed, unit=unit, roll_forward=False)
            talk = embedded.talk()
            seen: list[int] = []
            for color in range(5):
                talk.put("Kind", "root", "Child", "a", color=color)
                embedded.now_ns += 300 * MS
                held = talk.get("Kind", "root", "Child", "a", eventual=True) or {"color": -1}
                seen.append(int(str(held["color"])))
            assert seen == sorted(seen)

    def test_a_transaction_is_of_the_whole_group(self, unit: str) -> None:
        """What it read of a, another commit to b ends."""
        talk = Embedded("megastore", "1s", "1s", unit=unit).talk()
        write(talk, "a", "b")
        transaction = talk.begin()
        talk.lookup(talk.key("Kind", "root", "Child", "a"), transaction=transaction)
        write(talk, "b")
        with pytest.raises(ServiceError, match="contention"):
            talk.commit(upsert(talk.key("Kind", "root", "Child", "a")), transaction=transaction)


class TestChange:
    @pytest.mark.parametrize("units", [UNITS, UNITS[::-1]])
    def test_the_unit_can_change_while_commits_wait(self, units: tuple[str, str]) -> None:
        """What waits is applied; what is written to the same entities from then on waits by the new unit."""
        embedded = Embedded("megastore", "1s", "1s", unit=units[0])
        talk = embedded.talk()
        pinned = talk.begin()
        talk.lookup(talk.key("Else", "y"), transaction=pinned)
        for name in "ab":
            write(talk, name)
        talk.put("Kind", "root")
        embedded.service.change(Settings("megastore", "1s", "1s", unit=units[1]))
        assert look(embedded, "a", "b") == (True, True)
        assert found_names(talk.query("Child")) == ["a", "b"]
        write(talk, "a", "c")
        assert look(embedded, "a", "b", "c") == (True, True, False)
        embedded.now_ns += 2_000 * MS
        assert look(embedded, "a", "b", "c") == (True, True, True)
        assert found_names(talk.query("Child")) == ["a", "b", "c"]
