"""Models in which each read has a chance of its own: a coin, a snapshot within a bound; and the published preset."""

from collections import Counter
from itertools import pairwise

import pytest
from scipy import stats

from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import found_names

SECOND = 1000 * MS


class TestPerRead:
    def test_an_entity_flickers_until_it_has_settled(self) -> None:
        """Seen, missed, seen again; from the settling on always seen."""
        embedded = Embedded("per_read", seed=4, consistency=0.5, settle="2s")
        talk = embedded.talk()
        talk.put("Kind", "a")
        seen = [found_names(talk.query("Kind")) == ["a"] for _ in range(200)]
        assert stats.binomtest(sum(seen), 200, 0.5).pvalue > 0.001
        assert {(True, False), (False, True)} <= set(pairwise(seen))
        embedded.now_ns = 2 * SECOND
        assert all(found_names(talk.query("Kind")) == ["a"] for _ in range(100))

    def test_one_read_tosses_once_for_a_group(self) -> None:
        """Its rows and bodies, and all its entities, agree: a row without its body would be dropped."""
        embedded = Embedded("per_read", seed=4, consistency=0.5)
        talk = embedded.talk()
        for name in "abc":
            talk.put("Root", "r", "Kind", name)
        counts = Counter(len(found_names(talk.query("Kind"))) for _ in range(200))
        assert set(counts) == {0, 3}

    def test_a_strong_read_changes_nothing(self) -> None:
        """It sees the head, and the next eventual read tosses as before."""
        embedded = Embedded("per_read", consistency=0.0)
        talk = embedded.talk()
        talk.put("Kind", "a")
        assert talk.get("Kind", "a") is not None
        assert found_names(talk.query("Kind")) == []

    def test_there_is_no_one_instant(self) -> None:
        """The truth log says so."""
        embedded = Embedded("per_read")
        embedded.talk().put("Kind", "a")
        assert (embedded.truth[0].bodies_ns, embedded.truth[0].rows_ns) == (None, None)


class Ticker:
    """A store into which something is written every 100 ms: the newest number tells how old a read is."""

    def __init__(self, session: str, seed: int = 0) -> None:
        self.embedded = Embedded("bounded", seed=seed, max_staleness="1s", session=session)
        self.number = 0

    def write(self, client: str = "writer") -> int:
        self.embedded.now_ns += 100 * MS
        self.number += 1
        self.embedded.talk(client=client).put("Kind", "tick", n=self.number)
        return self.number

    def read(self, client: str) -> int:
        found = self.embedded.talk(client=client).get("Kind", "tick", eventual=True)
        return 0 if found is None else int(str(found["n"]))


@pytest.mark.parametrize("session", ["none", "monotonic", "ryw"])
@pytest.mark.parametrize("seed", range(3))
class TestBounded:
    def test_no_read_is_older_than_the_bound(self, session: str, seed: int) -> None:
        """And some are nearly as old."""
        ticker, ages = Ticker(session, seed), []
        for _ in range(300):
            newest = ticker.write()
            ages.append(newest - ticker.read("reader"))
        assert max(ages) <= 10
        assert max(ages) >= 9 or session == "monotonic"

    def test_what_each_session_promises(self, session: str, seed: int) -> None:
        """Monotonic: never back in time. Read your writes: the own one is always seen. None: neither."""
        ticker, seen, own = Ticker(session, seed), [0], []
        for _ in range(300):
            written = ticker.write("reader")
            seen.append(ticker.read("reader"))
            own.append(seen[-1] >= written)
            seen.append(ticker.read("reader"))
        assert (seen == sorted(seen)) == (session != "none")
        assert all(own) == (session == "ryw")

    def test_promises_are_the_clients_own(self, session: str, seed: int) -> None:
        """Another client's reads and writes promise nothing."""
        ticker, back = Ticker(session, seed), 0
        for _ in range(300):
            written = ticker.write("writer")
            ticker.read("first")
            back += ticker.read(f"fresh-{written}") < written
        assert back > 200


class TestBoundedSnapshots:
    def test_a_read_is_one_snapshot_of_everything(self) -> None:
        """Two groups that are written in turn never differ by more than one."""
        embedded = Embedded("bounded", seed=1)
        talk = embedded.talk()
        for number in range(1, 100):
            for name in ("a", "b"):
                embedded.now_ns += 20 * MS
                talk.put("Kind", name, n=number)
            found = talk.query("Kind", orders=["n"]).entity_results
            numbers = [result.entity.properties["n"].integer_value for result in found]
            assert not numbers or max(numbers) - min(numbers) <= 1


class TestPublishedPreset:
    @pytest.mark.slow
    def test_ten_thousand_writes_fall_into_the_published_classes(self) -> None:
        """98 % after 100 ms, 1 % after 300 ms, 0.5 % after 2 s, 0.5 % after 240 s, by exact binomial tests."""
        embedded = Embedded("megastore", "0", "hrd-published", seed=11)
        talk = embedded.talk()
        for number in range(10_000):
            talk.put("Kind", f"e{number}")
        counts = Counter((record.rows_ns or 0) - record.committed_ns for record in embedded.truth)
        shares = {100 * MS: 0.98, 300 * MS: 0.01, 2 * SECOND: 0.005, 240 * SECOND: 0.005}
        assert counts.keys() == shares.keys()
        for delay_ns, share in shares.items():
            assert stats.binomtest(counts[delay_ns], 10_000, share).pvalue > 0.01, (delay_ns, counts)
        assert stats.binomtest(counts[100 * MS], 10_000, 0.95).pvalue < 1e-6  # another share is told apart


class TestRollForward:
    @pytest.mark.parametrize("model", ["megastore", "replicas"])
    def test_it_can_be_switched_off(self, model: str) -> None:
        """Strong reads and further commits then leave what is planned."""
        embedded = Embedded(model, "0", "1s", roll_forward=False)
        talk = embedded.talk()
        talk.put("Kind", "a", "Kind", "b")
        assert talk.get("Kind", "a", "Kind", "b") is not None
        talk.put("Kind", "a")
        assert found_names(talk.query("Kind")) == []
        embedded.now_ns += SECOND
        assert found_names(talk.query("Kind")) == ["a", "b"]
