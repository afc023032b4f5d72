"""The job policy in Python's order against the class that it is modelled on, step by step with the same seed."""

from random import Random
from typing import Any

import pytest

from tests.emulator.appengine.conftest import Oracle
from tests.emulator.embedded import Embedded
from tests.emulator.talk import EVENTUAL, delete, properties_of

pytestmark = pytest.mark.slow
STEPS = 4_000
VERBS = ["put"] * 4 + ["delete", "get", "ancestor"] + ["look"] * 4 + ["search"] * 3


def draw_steps(seed: int, count: int = STEPS) -> list[list[str]]:
    """Reads and writes of eight groups, each of which is written first: see the model's docstring."""
    random = Random(seed)
    roots = [f"r{number}" for number in range(8)]
    steps = [["put", root, "a"] for root in random.sample(roots, 8)]
    return steps + [[random.choice(VERBS), random.choice(roots), random.choice("abc")] for _ in range(count - 8)]


def follow(share: float, seed: int, steps: list[list[str]], **settings: Any) -> list[Any]:
    """What our reads saw."""
    talk = Embedded("job_policy", seed=seed, consistency=share, **settings).talk()

    def numbers(**options: Any) -> list[object]:
        return [properties_of(result)["n"] for result in talk.query("Kind", **options).entity_results]

    def follow_one(number: int, verb: str, root: str, name: str) -> object:
        path = ("Root", root, "Kind", name)
        if verb == "put":
            talk.put(*path, n=number)
        elif verb == "delete":
            talk.commit(delete(talk.key(*path)))
        elif verb == "ancestor":
            return numbers(ancestor=talk.key("Root", root))
        elif verb == "search":
            return numbers(consistency=EVENTUAL)
        else:
            found = talk.get(*path, eventual=verb == "look")
            return None if found is None else found["n"]
        return None

    return [follow_one(number, *step) for number, step in enumerate(steps)]


class TestPythonOrder:
    @pytest.mark.parametrize(("share", "seed"), [(0.4, 7), (0.9, 1), (0.05, 3)])
    def test_every_read_sees_what_the_stubs_reads_see(self, oracle: Oracle, share: float, seed: int) -> None:
        """Three times four thousand operations, with the same coin."""
        steps = draw_steps(seed)
        theirs = oracle.ask(policy=[share, seed], steps=steps)["seen"]
        assert follow(share, seed, steps, order="before_read", rng="python") == theirs

    @pytest.mark.parametrize("settings", [{"order": "after_read", "rng": "python"}, {"order": "before_read"}])
    def test_another_order_or_coin_does_not(self, oracle: Oracle, settings: dict[str, str]) -> None:
        """So the comparison can fail."""
        steps = draw_steps(7, 400)
        theirs = oracle.ask(policy=[0.4, 7], steps=steps)["seen"]
        assert follow(0.4, 7, steps, **settings) != theirs
