"""What holds in every model, whatever happened: random histories on a clock that the test turns.

The reference is a dict of what was last committed. A strong read equals it at any time; an eventual read returns a
state that once was; and when all is quiet every eventual read equals the strong one.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.parameters import MODELS
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import EVENTUAL, Talk, delete, names_of, properties_of, upsert

MODEL_SETTINGS: dict[str, list[dict[str, Any]]] = {
    "strong": [{}, {"eventual_lag": "250ms"}],
    "megastore": [
        {"apply_a": "100ms", "apply_b": "200ms"},
        {"apply_a": "uniform:0,2s", "apply_b": "exponential:1s", "roll_forward": False},
        {"apply_a": "uniform:0,2s", "apply_b": "exponential:1s", "unit": "entity"},
    ],
    "replicas": [
        {"apply_b": "exponential:1s", "routing": routing} for routing in ("sticky", "round_robin", "random", "client")
    ]
    + [{"apply_a": "0 | 1s | 5s", "apply_b": "uniform:0,1s", "roll_forward": False}],
    "quorum": [{}, {"replicas": 5, "read_quorum": 2, "write_quorum": 3, "latencies": "WAN"}],
    "job_policy": [
        {"consistency": 0.4, "order": order, "rng": rng}
        for order in ("after_read", "before_read")
        for rng in ("java", "python")
    ],
    "per_read": [{"consistency": 0.5}],
    "bounded": [{"session": session} for session in ("none", "monotonic", "ryw")],
    "manual": [{}],
}
CASES = [pytest.param(model, each, id=f"{model}-{number}") for model in MODELS
         for number, each in enumerate(MODEL_SETTINGS[model])]  # fmt: skip
PLACES = [(root, name) for root in "ab" for name in "xyz"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["put", "confirm"]), st.sampled_from(PLACES), st.integers(1, 3)),
        st.tuples(st.just("delete"), st.sampled_from(PLACES), st.just(0)),
        st.tuples(st.just("both"), st.sampled_from(PLACES), st.integers(1, 3)),
        st.tuples(st.just("wait"), st.just(PLACES[0]), st.sampled_from([1, 50, 100, 250, 3000])),
        st.tuples(st.sampled_from(["get", "ancestor", "look", "search"]), st.sampled_from(PLACES), st.just(0)),
    ),
    max_size=25,
)
Place = tuple[str, str]
State = dict[Place, int]


class World:
    """A store, what was last committed to it, and every state that an entity ever had."""

    def __init__(self, model: str, seed: int, parameters: dict[str, Any]) -> None:
        self.embedded = Embedded(model, seed=seed, **parameters)
        self.talk: Talk = self.embedded.talk()
        self.state: State = {}
        self.ever: dict[Place, set[int | None]] = {place: {None} for place in PLACES}

    def step(self, verb: str, place: Place, number: int) -> None:
        getattr(self, verb)(place, number)

    def put(self, place: Place, number: int) -> None:
        self.write({place: number})

    def confirm(self, place: Place, number: int) -> None:
        """Written and looked for at once, when it is most likely that it is not everywhere yet."""
        self.put(place, number)
        self.get(place, 0)
        self.ancestor(place, 0)

    def both(self, place: Place, number: int) -> None:
        """One commit over two groups."""
        root, name = place
        self.write({place: number, ("b" if root == "a" else "a", name): number})

    def write(self, changes: State) -> None:
        self.talk.commit(*(upsert(self.key(place), n=number) for place, number in changes.items()))
        self.state |= changes
        for place, number in changes.items():
            self.ever[place].add(number)

    def delete(self, place: Place, _: int) -> None:
        self.talk.commit(delete(self.key(place)))
        self.state.pop(place, None)

    def wait(self, _: Place, milliseconds: int) -> None:
        self.embedded.now_ns += milliseconds * MS

    def get(self, place: Place, _: int) -> None:
        """A strong lookup is never stale."""
        assert self.read(place) == self.state.get(place)

    def ancestor(self, place: Place, _: int) -> None:
        """A strong ancestor query is exact."""
        batch = self.talk.query("Kind", ancestor=self.talk.key("Root", place[0]))
        expected = {name: n for (root, name), n in self.state.items() if root == place[0]}
        assert self.rows(batch) == expected

    def look(self, place: Place, _: int) -> None:
        """An eventual lookup shows a state that once was."""
        assert self.read(place, eventual=True) in self.ever[place]

    def search(self, _: Place, __: int) -> None:
        """So does each result of an eventual query."""
        for result in self.talk.query("Kind", consistency=EVENTUAL).entity_results:
            root, name = (element.name for element in result.entity.key.path)
            assert properties_of(result)["n"] in self.ever[root, name]

    def quiet(self) -> None:
        """Let everything that is on its way arrive."""
        self.embedded.now_ns += 10**15
        if self.embedded.service.settings.model == "manual":
            self.embedded.service.steer("catch_up", {})
        for _ in range(60 if self.embedded.service.settings.model == "job_policy" else 1):
            self.search(PLACES[0], 0)

    def read(self, place: Place, *, eventual: bool = False) -> object:
        found = self.talk.get("Root", place[0], "Kind", place[1], eventual=eventual)
        return None if found is None else found["n"]

    def rows(self, batch: Any) -> dict[str, object]:
        return {
            str(name): properties_of(result)["n"]
            for name, result in zip(names_of(batch.entity_results), batch.entity_results, strict=True)
        }

    def key(self, place: Place) -> Any:
        return self.talk.key("Root", place[0], "Kind", place[1])


@pytest.mark.slow
@pytest.mark.parametrize(("model", "parameters"), CASES)
@settings(max_examples=20, deadline=None)
@given(steps=STEPS, seed=st.integers(0, 1000))
def test_any_history(model: str, parameters: dict[str, Any], steps: list[Any], seed: int) -> None:
    """Strong reads are never stale, eventual reads show what once was, and after a rest they equal the strong ones."""
    world = World(model, seed, parameters)
    for step in steps:
        world.step(*step)
    world.quiet()
    for place in PLACES:
        assert world.read(place, eventual=True) == world.state.get(place)
    for number in (1, 2, 3):
        found = world.talk.query("Kind", ("n", "=", number), consistency=EVENTUAL)
        assert len(found.entity_results) == sum(n == number for n in world.state.values())
        below = world.talk.query("Kind", ("n", "=", number), ancestor=world.talk.key("Root", "a"), consistency=EVENTUAL)
        assert len(below.entity_results) == sum(n == number for (root, _), n in world.state.items() if root == "a")
    for place in PLACES:
        world.get(place, 0)
        world.ancestor(place, 0)
