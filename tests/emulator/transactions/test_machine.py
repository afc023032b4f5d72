"""A state machine of puts, deletes, queries and transactions, in every mode, against a dict.

The model is one dict and its history: every open transaction remembers what it read, and nothing of the emulator is
asked but its answers. What must hold: a read shows one state, the present or the one that the mode promises; a commit
that goes through is serializable, so all that its transaction has read is still so; one that is ABORTED changes
nothing; and when nobody else is there, every commit goes through.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.messages import Message
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import delete, upsert

GROUPS, NAMES = ("g", "h"), ("a", "b")
Place = tuple[str, str]
State = dict[Place, int]
places = st.tuples(st.sampled_from(GROUPS), st.sampled_from(NAMES))
writes = st.dictionaries(places, st.one_of(st.none(), st.integers(0, 3)), min_size=1, max_size=3)
bounds = st.integers(0, 4)
sources = st.sampled_from([*GROUPS, ""])  # an ancestor, or everywhere


@dataclass
class Open:
    """One open transaction: what it has read, and for a read-only one the state that it must show."""

    name: bytes
    snapshot: State | None = None
    keys: dict[Place, int | None] = field(default_factory=dict)
    queries: dict[tuple[str, int], State] = field(default_factory=dict)


class Machine(RuleBasedStateMachine):
    """One emulator, clients that take turns, and what should be."""

    mode = "pessimistic"
    transactions = Bundle("transactions")

    def __init__(self) -> None:
        super().__init__()
        self.embedded = Embedded(concurrency=self.mode, lock_timeout="1ms")
        self.talk = self.embedded.talk()
        self.state: State = {}
        self.past: list[tuple[Message, State]] = []
        self.open: list[Open] = []

    def mutations(self, written: dict[Place, int | None]) -> list[Message]:
        return [
            delete(self.talk.key("Group", group, "Kind", name))
            if number is None
            else upsert(self.talk.key("Group", group, "Kind", name), n=number)
            for (group, name), number in written.items()
        ]

    def commit(self, written: dict[Place, int | None], transaction: bytes = b"") -> bool:
        self.embedded.now_ns += MS
        try:
            self.talk.commit(*self.mutations(written), transaction=transaction)
        except ServiceError as error:
            if error.code is not Code.ABORTED:
                raise
            return False
        for place, number in written.items():
            self.state.pop(place, None)
            if number is not None:
                self.state[place] = number
        return True

    def get(self, place: Place, transaction: bytes = b"", at: Message | None = None) -> int | None:
        group, name = place
        found = self.talk.get("Group", group, "Kind", name, transaction=transaction, at=at)
        number = (found or {}).get("n")
        assert number is None or isinstance(number, int)
        return number

    def query(self, group: str, bound: int, transaction: bytes = b"", at: Message | None = None) -> State:
        ancestor = self.talk.key("Group", group) if group else None
        batch = self.talk.query("Kind", ("n", "<", bound), ancestor=ancestor, transaction=transaction, at=at)
        return {
            (result.entity.key.path[0].name, result.entity.key.path[1].name): result.entity.properties[
                "n"
            ].integer_value
            for result in batch.entity_results
        }

    @rule(written=writes)
    def write(self, written: dict[Place, int | None]) -> None:
        """Outside transactions; refused only where somebody may hold a lock."""
        if not self.commit(written):
            assert self.mode == "pessimistic"
            assert any(one.keys or one.queries for one in self.open)

    @rule(place=places)
    def look_up(self, place: Place) -> None:
        assert self.get(place) == self.state.get(place)

    @rule(group=sources, bound=bounds)
    def ask(self, group: str, bound: int) -> None:
        assert self.query(group, bound) == matching(self.state, group, bound)

    @rule(target=transactions)
    def begin(self) -> Open:
        self.embedded.now_ns += MS
        self.open.append(Open(self.talk.begin()))
        return self.open[-1]

    @rule(target=transactions)
    def begin_read_only(self) -> Open:
        self.embedded.now_ns += MS
        self.open.append(Open(self.talk.begin(read_only=True), dict(self.state)))
        return self.open[-1]

    @rule(one=transactions, place=places)
    def read(self, one: Open, place: Place) -> None:
        try:
            number = self.get(place, one.name)
        except ServiceError as error:
            self.lost(one, error)
            return
        if one.snapshot is not None:
            assert number == one.snapshot.get(place)
        else:
            assert one.keys.setdefault(place, number) == number

    @rule(one=transactions, group=sources, bound=bounds)
    def search(self, one: Open, group: str, bound: int) -> None:
        if not group and self.mode == "optimistic_with_entity_groups":
            with pytest.raises(ServiceError, match=r"ancestor|no longer valid|contention"):
                self.query(group, bound, one.name)
            return
        try:
            found = self.query(group, bound, one.name)
        except ServiceError as error:
            self.lost(one, error)
            return
        if one.snapshot is not None:
            assert found == matching(one.snapshot, group, bound)
        else:
            assert one.queries.setdefault((group, bound), found) == found

    @rule(one=consumes(transactions), written=writes)
    def finish(self, one: Open, written: dict[Place, int | None]) -> None:
        """A commit that goes through stands where all that it read is still so."""
        before, alone = dict(self.state), len(self.open) == 1 and not self.past
        if one.snapshot is not None:
            with pytest.raises(ServiceError, match=r"read-only|no longer valid"):
                self.commit(written, one.name)
            self.talk.rollback(one.name)
        else:
            self.try_commit(one, written, before, alone=alone)
        self.open = [other for other in self.open if other is not one]

    def try_commit(self, one: Open, written: dict[Place, int | None], before: State, *, alone: bool) -> None:
        try:
            won = self.commit(written, one.name)
        except ServiceError as error:
            if "no longer valid" in error.message:  # it has lost before
                return
            raise
        if won:
            assert {place: before.get(place) for place in one.keys} == one.keys
            assert {asked: matching(before, *asked) for asked in one.queries} == one.queries
        else:
            assert not alone or self.mode != "pessimistic"
            assert self.state == before

    @rule(one=consumes(transactions))
    def give_up(self, one: Open) -> None:
        self.talk.rollback(one.name)
        self.open = [other for other in self.open if other is not one]

    @precondition(lambda self: len(self.past) < 5)
    @rule()
    def remember(self) -> None:
        self.embedded.now_ns += MS
        self.past.append((self.talk.lookup(self.talk.key("Kind", "none")).read_time, dict(self.state)))

    @invariant()
    def the_past_stays(self) -> None:
        """Every remembered time shows what there was then."""
        for at, state in self.past:
            assert {place: self.get(place, at=at) for place in state} == state
            assert self.query("", 4, at=at) == state

    def lost(self, one: Open, error: ServiceError) -> None:
        """A read may be refused only to who has lost."""
        assert one.snapshot is None
        assert error.code in {Code.ABORTED, Code.INVALID_ARGUMENT}, error


def matching(state: State, group: str, bound: int) -> State:
    return {place: number for place, number in state.items() if number < bound and group in {"", place[0]}}


class Optimistic(Machine):
    """No locks."""

    mode = "optimistic"


class EntityGroups(Machine):
    """The legacy service's."""

    mode = "optimistic_with_entity_groups"


TestPessimistic = pytest.mark.slow(Machine.TestCase)
TestOptimistic = pytest.mark.slow(Optimistic.TestCase)
TestEntityGroups = pytest.mark.slow(EntityGroups.TestCase)
for machine in (Machine, Optimistic, EntityGroups):
    machine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
