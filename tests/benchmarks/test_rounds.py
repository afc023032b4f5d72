"""Rounds: who is measured when, and how much."""

from benchmarks.rounds import QUICK, Size, take_turns


class TestTakeTurns:
    def test_contestants_alternate_and_swap_who_is_first(self) -> None:
        """So that neither always follows the other."""
        order: list[str] = []

        def contestant(name: str) -> float:
            order.append(name)
            return float(len(order))

        figures = take_turns(3, {"a": lambda: contestant("a"), "b": lambda: contestant("b")})
        assert order == ["a", "b", "b", "a", "a", "b"]
        assert figures == {"a": [1, 4, 5], "b": [2, 3, 6]}


class TestSize:
    def test_a_share_is_one_at_least(self) -> None:
        """Nothing is measured zero times."""
        assert [Size().of(20), QUICK.of(20), Size(share=0.001).of(20)] == [20, 5, 1]
