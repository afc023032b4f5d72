"""Replicas: reads that go back in time and those that do not, and what partitions and crashes leave behind."""

import pytest

from consistency.emulator.status import Code, ServiceError
from tests.emulator.embedded import MS, Embedded

DELAYS = "0 | 100ms | 10s"


def looks(embedded: Embedded, client: str = "", count: int = 60) -> list[bool]:
    """Whether each of many eventual lookups of one entity sees it, 5 ms apart."""
    talk, seen = embedded.talk(client=client), []
    for _ in range(count):
        seen.append(talk.get("Kind", "a", eventual=True) is not None)
        embedded.now_ns += 5 * MS
    return seen


def goes_back(seen: list[bool]) -> bool:
    return sorted(seen) != seen


def written(routing: str, seed: int = 0, apply_a: str = DELAYS) -> Embedded:
    embedded = Embedded("replicas", apply_a, seed=seed, routing=routing)
    embedded.talk().put("Kind", "a")
    return embedded


class TestRouting:
    @pytest.mark.parametrize("routing", ["random", "round_robin"])
    def test_reads_that_change_replicas_go_back_in_time(self, routing: str) -> None:
        """One replica has the entity, the next one has not."""
        assert goes_back(looks(written(routing)))

    @pytest.mark.parametrize("routing", ["sticky", "client"])
    @pytest.mark.parametrize("seed", range(5))
    def test_reads_that_stay_never_do(self, routing: str, seed: int) -> None:
        """The same commits and the same reads, whichever replica it is."""
        for client in ("one", "two", "three"):
            assert not goes_back(looks(written(routing, seed), client))

    def test_sticky_clients_are_spread(self) -> None:
        """Each has its own replica: some see at once, some later, some not yet."""
        embedded = written("sticky", 1)
        for number in range(20):
            looks(embedded, f"client-{number}", 1)
        assert {route.replica for route in embedded.routes} == {0, 1, 2}
        assert len(embedded.routes) == 20

    def test_a_client_name_leads_to_the_same_replica_in_every_run(self) -> None:
        """Its checksum decides, not the seed."""
        found = []
        for seed in (1, 2):
            embedded = written("client", seed)
            looks(embedded, "somebody", 1)
            found.append(embedded.routes[0])
        assert found[0] == found[1]

    def test_routing_does_not_change_what_is_planned(self) -> None:
        """The same seed plans the same instants under every routing, so traces can be compared."""
        truths = []
        for routing in ("sticky", "random"):
            embedded = written(routing, 3, "uniform:0,1s")
            looks(embedded)
            embedded.talk().put("Kind", "b")
            truths.append(embedded.truth)
        assert truths[0] == truths[1]

    def test_each_replica_has_its_own_truth(self) -> None:
        """And there is no instant for all."""
        (record,) = written("random").truth
        assert record.replicas == ((0, 0), (100 * MS, 100 * MS), (10_000 * MS, 10_000 * MS))
        assert (record.bodies_ns, record.rows_ns) == (None, None)


class TestFaults:
    @staticmethod
    def reads(embedded: Embedded) -> list[bool]:
        """What the three replicas show, in turn."""
        return looks(embedded, count=3)

    def test_a_partitioned_replica_answers_as_it_was_and_catches_up(self) -> None:
        """Commits and strong reads do not reach it before it heals."""
        embedded = Embedded("replicas", "10ms", routing="round_robin")
        embedded.service.steer("partition", {"replica": 1})
        talk = embedded.talk()
        talk.put("Kind", "a")
        embedded.now_ns += 3_600_000 * MS
        assert talk.get("Kind", "a") is not None
        assert self.reads(embedded) == [True, False, True]
        embedded.service.steer("heal", {"replica": 1})
        assert self.reads(embedded) == [True, False, True]
        embedded.now_ns += 10 * MS
        assert self.reads(embedded) == [True, True, True]

    def test_what_is_on_its_way_when_the_replica_is_cut_off_does_not_arrive(self) -> None:
        """Nor is its history forgotten meanwhile."""
        embedded = Embedded("replicas", "10ms", routing="round_robin")
        embedded.talk().put("Kind", "a")
        embedded.service.steer("partition", {"replica": 2})
        embedded.now_ns += 3_600_000 * MS
        assert self.reads(embedded) == [True, True, False]
        assert embedded.truth[-1].replicas[2] == (1 << 62, 1 << 62)

    def test_a_crashed_replica_is_passed_over_and_then_behind(self) -> None:
        """Down, nobody is sent to it; up again, it shows what it had, and catches up."""
        embedded = Embedded("replicas", "10ms", routing="round_robin")
        embedded.service.steer("crash", {"replica": 0})
        embedded.talk().put("Kind", "a")
        embedded.now_ns += 10 * MS
        assert self.reads(embedded) == [True, True, True]
        embedded.service.steer("restart", {"replica": 0})
        assert self.reads(embedded) == [False, True, True]
        embedded.now_ns += 10 * MS
        assert self.reads(embedded) == [True, True, True]

    def test_a_commit_never_overtakes_an_earlier_one_at_a_replica_that_catches_up(self) -> None:
        """Random delays drawn anew still keep the log's order."""
        embedded = Embedded("replicas", "uniform:0,1s", "uniform:0,1s", 5, roll_forward=False)
        talk = embedded.talk()
        for number in range(20):
            if number == 5:
                embedded.service.steer("partition", {"replica": 1})
            talk.put("Kind", "a", n=number)
            embedded.now_ns += 50 * MS
        embedded.service.steer("heal", {"replica": 1})
        last = {record.commit: record.replicas for record in embedded.truth}
        for replica in range(3):
            for milestone in range(2):
                instants = [last[commit][replica][milestone] for commit in sorted(last)]
                assert instants == sorted(instants)
                assert instants[-1] < 1 << 62

    def test_without_any_replica_reads_fail(self) -> None:
        """UNAVAILABLE for eventual reads; the log itself still answers strong ones."""
        embedded = Embedded("replicas", replicas=1)
        talk = embedded.talk()
        talk.put("Kind", "a")
        embedded.service.steer("crash", {"replica": 0})
        with pytest.raises(ServiceError) as refusal:
            talk.get("Kind", "a", eventual=True)
        assert refusal.value.code is Code.UNAVAILABLE
        assert talk.get("Kind", "a") is not None

    @pytest.mark.parametrize(
        ("verb", "words", "told"),
        [
            ("partition", {}, "replica must be a whole number from 0 to 2"),
            ("partition", {"replica": 3}, "replica must be a whole number from 0 to 2"),
            ("partition", {"replica": True}, "replica must be"),
            ("partiton", {"replica": 1}, "did you mean partition"),
            ("heal", {"replica": 1, "after": 3}, "heal does not know after"),
            ("freeze", {}, "only the model manual can do that"),
        ],
    )
    def test_what_cannot_be_is_refused(self, verb: str, words: dict[str, object], told: str) -> None:
        """By name."""
        with pytest.raises(ServiceError, match=told):
            Embedded("replicas").service.steer(verb, words)
