"""The soak's own figures: what counts as growth, and as lost."""

import pytest

from benchmarks.soak import Watch, count_lost
from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome

ITEM, OTHER = Item("a", "a"), Item("b", "b")


def call(op: int, action: Action, item: Item = ITEM, process: str = "reader") -> list[Event]:
    """A call that came to its end."""
    return [Invocation(op, process, action, item, 0, 1, 1), Completion(op, process, 2, Outcome.OK, 1)]


class TestGrowth:
    def test_is_the_last_tenth_over_the_second(self) -> None:
        """What a process takes to warm up is none."""
        assert Watch(0, [1.0] + [100.0] * 18 + [110.0]).grown_percent() == pytest.approx(5)
        assert Watch(0, [10.0] * 2 + [100.0] * 18).grown_percent() == 0


class TestLost:
    def test_nothing(self) -> None:
        """A write, and an attempt at it."""
        assert count_lost(History.of([*call(0, Action.WRITE, process="writer"), *call(0, Action.KEY_GET)])) == 0

    @pytest.mark.parametrize(
        "more",
        [
            call(1, Action.KEY_GET)[:1],
            call(2, Action.KEY_GET),
            call(1, Action.WRITE, OTHER, "writer"),
        ],
        ids=["a call without an end", "a number left out", "a write that nobody searched for"],
    )
    def test_each_kind(self, more: list[Event]) -> None:
        """Of each kind one."""
        whole = [*call(0, Action.WRITE, process="writer"), *call(0, Action.KEY_GET)]
        assert count_lost(History.of([*whole, *more])) == 1
