"""Random histories on a hand-driven clock: what every read sees against the truth log and a list of states.

The reference keeps every state that it wrote and asks nothing of the engine but the truth records: a body is seen
when its milestone A has passed, a row when its B has, everything in the order of its group's log.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import Talk, delete, found_names, upsert

GROUPS, NAMES, COLORS = "gh", "ab", (1, 2)
steps = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(GROUPS), st.sampled_from(NAMES), st.sampled_from(COLORS)),
    st.tuples(st.just("put"), st.sampled_from(GROUPS), st.sampled_from(NAMES), st.sampled_from(COLORS)),
    st.tuples(st.just("delete"), st.sampled_from(GROUPS), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.just(""), st.integers(0, 150)),
    st.tuples(st.just("read"), st.sampled_from(GROUPS), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("begin"), st.just(""), st.just(""), st.just(0)),
    st.tuples(st.just("end"), st.just(""), st.just(""), st.just(0)),
)
Place = tuple[str, str]
State = dict[Place, int]


@dataclass
class Reference:
    """All states of all entities: (entry number, color or None) per place, oldest first."""

    embedded: Embedded
    written: dict[Place, list[tuple[int, int | None]]] = field(default_factory=dict)
    snapshots: list[tuple[bytes, State]] = field(default_factory=list)

    def strong(self) -> State:
        return self._state(lambda _: True)

    def bodies(self) -> State:
        instants = {record.commit: record.bodies_ns or 0 for record in self.embedded.truth}
        return self._state(lambda number: instants[number] <= self.embedded.now_ns)

    def rows(self) -> State:
        instants = {record.commit: record.rows_ns or 0 for record in self.embedded.truth}
        return self._state(lambda number: instants[number] <= self.embedded.now_ns)

    def _state(self, seen: object) -> State:
        assert callable(seen)
        state: State = {}
        for place, states in self.written.items():
            color = next((color for number, color in reversed(states) if seen(number)), None)
            if color is not None:
                state[place] = color
        return state


def take_step(talk: Talk, reference: Reference, step: tuple[str, str, str, int]) -> None:
    action, group, name, number = step
    embedded = reference.embedded
    key = talk.key("Group", group, "Kind", name) if group else None
    if action == "wait":
        embedded.now_ns += number * MS
    elif action == "read":
        strong = talk.get("Group", group, "Kind", name)
        assert (strong or {}).get("color") == reference.strong().get((group, name))
    elif action == "begin":
        reference.snapshots.append((talk.begin(read_only=True), reference.strong()))
    elif action == "end" and reference.snapshots:
        talk.rollback(reference.snapshots.pop(0)[0])
    elif action in {"put", "delete"}:
        before = len(embedded.truth)
        talk.commit(upsert(key, color=number) if action == "put" else delete(key))
        fresh = {record.commit for record in embedded.truth[before:]} - {r.commit for r in embedded.truth[:before]}
        for commit in fresh:
            reference.written.setdefault((group, name), []).append((commit, number or None))


def check_eventual_reads(talk: Talk, reference: Reference) -> None:
    """Lookups see bodies; queries find by rows and return bodies; keys-only queries are rows alone."""
    bodies, rows = reference.bodies(), reference.rows()
    for group in GROUPS:
        for name in NAMES:
            seen = talk.get("Group", group, "Kind", name, eventual=True) or {}
            assert seen.get("color") == bodies.get((group, name))
    for color in COLORS:
        places = sorted(place for place, held in rows.items() if held == color)
        keys_only = talk.query("Kind", ("color", "=", color), keys_only=True).entity_results
        assert [(r.entity.key.path[0].name, r.entity.key.path[1].name) for r in keys_only] == places
        found = talk.query("Kind", ("color", "=", color)).entity_results
        assert [(r.entity.key.path[0].name, r.entity.key.path[1].name, r.entity.properties["color"].integer_value)
                for r in found] == [(*place, bodies[place]) for place in places if place in bodies]  # fmt: skip


def check_snapshots(talk: Talk, reference: Reference) -> None:
    """Read-only transactions see the state of their beginning, in lookups and in ancestor queries."""
    for transaction, state in reference.snapshots:
        for group in GROUPS:
            names = [name for name in NAMES if (group, name) in state]
            batch = talk.query("Kind", ancestor=talk.key("Group", group), transaction=transaction)
            assert found_names(batch) == names
            colors = [result.entity.properties["color"].integer_value for result in batch.entity_results]
            assert colors == [state[group, name] for name in names]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=30), st.booleans(), st.sampled_from(["group", "entity"]))
def test_every_read_sees_what_it_should(
    history: list[tuple[str, str, str, int]], check_snapshots_too: bool, unit: str
) -> None:
    """At each step; and after quiescence, eventual reads see all and the engine holds nothing but the present."""
    embedded = Embedded("megastore", "uniform:0,100ms", "uniform:0,200ms", seed=len(history), unit=unit)
    talk = embedded.talk()
    reference = Reference(embedded)
    for step in history:
        take_step(talk, reference, step)
        check_eventual_reads(talk, reference)
        if check_snapshots_too:
            check_snapshots(talk, reference)
    for transaction, _ in reference.snapshots:
        talk.rollback(transaction)
    embedded.now_ns += 1000 * MS
    assert reference.rows() == reference.bodies() == reference.strong()
    check_eventual_reads(talk, reference)
    assert_at_rest(embedded, reference.strong())


def assert_at_rest(embedded: Embedded, state: State) -> None:
    """No group, no span, no older version, no deleted entity is left."""
    for partition in embedded.service._state.engine._partitions.values():
        assert not partition.groups
        assert len(partition.entities) == len(state)
        assert all(version.older is None and version.body for version in partition.entities.values())
        for tables in partition.kinds.values():
            assert not tables.keys._spans
            assert len(tables.keys._rows) == len(state)
            assert all(not table._spans and len(table._rows) == len(state) for table in tables.properties.values())
