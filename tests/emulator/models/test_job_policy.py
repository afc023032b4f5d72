"""Google's coins: the published rule in Java's order, replayed by a few lines of its own, and Java's random numbers.

Python's order is compared with the class itself in `tests/emulator/appengine`, Java's with the emulator in
`tests/google`.
"""

from random import Random

import pytest
from scipy import stats

from consistency.emulator.models.job_policy import toss_in_java
from tests.emulator.embedded import Embedded
from tests.emulator.talk import found_names


class Rule:
    """The rule of the reference (datastore, 3.3 and 3.5): a queue for each group, one draw for each question."""

    def __init__(self, share: float, seed: int) -> None:
        self.applied: set[str] = set()
        self.queues: dict[str, list[str]] = {}
        self._random, self._share = Random(seed), share

    def commit(self, root: str, name: str) -> None:
        self.queues.setdefault(root, []).append(name)
        self._turn(root)

    def read(self) -> set[str]:
        """What an eventual read sees; then every queue has its turn."""
        answer = set(self.applied)
        for root in list(self.queues):
            self._turn(root)
        return answer

    def read_strongly(self, root: str) -> None:
        self.applied.update(self.queues.pop(root, []))
        self.read()

    def _turn(self, root: str) -> None:
        queue = self.queues[root]
        while queue and self._random.random() < self._share:
            self.applied.add(queue.pop(0))
        if not queue:
            del self.queues[root]


class TestPublishedRule:
    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_every_read_sees_what_the_rule_says(self, share: float, seed: int) -> None:
        """Commits, eventual queries, eventual and strong lookups, ancestor queries, in any order."""
        talk = Embedded("job_policy", seed=seed, consistency=share, rng="python").talk()
        rule, random = Rule(share, seed), Random(f"steps {seed}")
        written: list[tuple[str, str]] = []
        for number in range(300):
            root, verb = random.choice("pqrst"), random.choice(["put", "put", "search", "look", "get", "ancestor"])
            if verb == "put":
                talk.put("Root", root, "Kind", f"e{number}")
                rule.commit(root, f"e{number}")
                written.append((root, f"e{number}"))
            elif verb == "search":
                assert set(found_names(talk.query("Kind"))) == rule.read()
            elif verb == "look":
                place = random.choice(written) if written else ("p", "nobody")
                found = talk.get("Root", place[0], "Kind", place[1], eventual=True)
                assert (found is not None) == (place[1] in rule.read())
            else:
                rule.read_strongly(root)
                if verb == "get":
                    talk.get("Root", root)
                else:
                    talk.query("Kind", ancestor=talk.key("Root", root))


class TestShares:
    @pytest.mark.parametrize("order", ["after_read", "before_read"])
    def test_none_and_all(self, order: str) -> None:
        """Share 0: missed by every eventual read until a strong one. Share 1: never missed."""
        for share in (0.0, 1.0):
            talk = Embedded("job_policy", consistency=share, order=order).talk()
            talk.put("Kind", "a")
            assert all((found_names(talk.query("Kind")) == ["a"]) == (share == 1) for _ in range(20))
            talk.get("Kind", "a")
            assert found_names(talk.query("Kind")) == ["a"]

    def test_the_first_read_misses_the_unapplied_share(self) -> None:
        """Binomially, with Java's numbers too."""
        talk = Embedded("job_policy", seed=3, consistency=0.7).talk()
        missed = 0
        for number in range(1000):
            talk.put("Kind", f"e{number}")
            missed += talk.get("Kind", f"e{number}", eventual=True) is None
        assert stats.binomtest(missed, 1000, 0.3).pvalue > 0.001

    def test_the_truth_is_when_the_coin_fell(self) -> None:
        """2^62 before, the read's instant afterwards; what is applied stays so."""
        embedded = Embedded("job_policy", consistency=0.0)
        embedded.talk().put("Kind", "a")
        assert embedded.truth[-1].rows_ns == 1 << 62
        embedded.now_ns = 5
        embedded.talk().get("Kind", "a")
        assert (embedded.truth[-1].bodies_ns, embedded.truth[-1].rows_ns) == (5, 5)


class TestJava:
    @pytest.mark.parametrize(
        ("seed", "draws"),
        [(42, [1130, 2763, 1248, 8884, 9970, 7525, 1505, 6918]), (-5, [9411, 6721, 7953, 6328])],
    )
    def test_tosses_are_those_of_java(self, seed: int, draws: list[int]) -> None:
        """What new Random(seed).nextInt(10000) gave on OpenJDK 17: each draw is found by the shares around it."""
        for place, draw in enumerate(draws):
            for unapplied, applies in ((draw, True), (draw + 1, False)):
                toss = toss_in_java(seed, 1 - unapplied / 10_000)
                assert [toss() for _ in draws][place] is applies
