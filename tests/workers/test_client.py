"""Transactions: what each workload drafts, and how their outcomes are recorded."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from consistency.errors import ConsistencyError
from consistency.history import History
from consistency.operation import Micro, Operation, Outcome, Verb
from consistency.plan import Plan
from consistency.schedule import name_keys, plan_streams
from consistency.store import StoreError
from consistency.workers.client import MOST_OPEN, Client
from consistency.workers.transactions import OPENING_BALANCE, TRANSACTIONS, open_accounts
from consistency.workload import Workload
from tests.fakes import MS
from tests.workers.running import Bench, stand_up

KEYS = name_keys(5, 2)
LOST = StoreError("UNAVAILABLE", "gone", definite=False)


def run(path: Path, workload: str, plans: dict[tuple[str, int], Any] | None = None, **chosen: Any) -> History:
    """The history of one client's transactions."""
    plan = Plan.model_validate({"workload": workload, "keys": 4, "entities": 12, "rate": "10/s"} | chosen)

    async def work(bench: Bench) -> None:
        bench.store.plans = plans or {}
        client = Client(plan, bench.store, bench.recorder, bench.clock, Random(7), 100 * MS, 0)
        await client.open()
        await client.transact(plan_streams(plan)[0])

    stand_up(path, work)
    return History.load([path])


def committed(history: History) -> list[tuple[Operation, tuple[Micro, ...]]]:
    """The transactions that certainly happened, with their steps."""
    return [(history[row], history.micros[row]) for row in range(len(history)) if history[row].outcome is Outcome.OK]


class TestKeys:
    def test_are_spread_over_groups(self) -> None:
        """In turn."""
        assert [item.group for item in KEYS] == ["group-0", "group-1", "group-0", "group-1", "group-0"]


class TestDrafts:
    @pytest.mark.parametrize("workload", list(TRANSACTIONS))
    def test_repeat_by_seed(self, workload: Workload) -> None:
        """The same chance drafts the same transactions."""
        steps = [[TRANSACTIONS[workload](Random(seed), KEYS, number).begun for number in range(9)] for seed in (1, 1)]
        assert steps[0] == steps[1]

    def test_a_counter_grows_by_one(self) -> None:
        """From what was read; nothing is 0."""
        draft = TRANSACTIONS[Workload.COUNTER](Random(1), KEYS, 1)
        (item,) = draft.items
        assert draft.finish((None,)) == {item: 1}
        assert draft.tell((4,), draft.finish((4,))) == (Micro(Verb.READ, item.name, 4), Micro(Verb.WRITE, item.name, 5))

    def test_lists_grow_by_the_transactions_number(self) -> None:
        """Which is unique in the run; what is recorded is the appended number, not the list."""
        for number in range(1, 50):
            draft = TRANSACTIONS[Workload.LIST_APPEND](Random(number), KEYS, number)
            writes = draft.finish(((1, 2),) * len(draft.items))
            assert set(writes.values()) <= {(1, 2, number)}
            told = draft.tell(((1, 2),) * len(draft.items), writes)
            assert [step.value for step in told if step.verb is Verb.APPEND] == [number] * len(writes)
            assert len([step for step in told if step.verb is Verb.READ]) == len(draft.items)

    def test_a_transfer_keeps_the_sum_and_overdraws_nobody(self) -> None:
        """An account that lacks the amount is left alone."""
        draft = TRANSACTIONS[Workload.BANK](Random(1), KEYS, 1)
        after = draft.finish((50, 10))
        assert sum(value for value in after.values() if isinstance(value, int)) == 60
        assert draft.finish((0, 10)) == {}

    def test_accounts_open_alike(self) -> None:
        """All in one transaction."""
        assert set(open_accounts(KEYS).finish(()).values()) == {OPENING_BALANCE}


class TestOutcomes:
    def test_steps_are_recorded_with_what_was_read_and_written(self, tmp_path: Path) -> None:
        """Each counter's writes are 1, 2, 3 and so on: nothing is lost without a fault."""
        written: dict[str, list[Any]] = {}
        for _, (read, write) in committed(run(tmp_path / "h", "counter")):
            written.setdefault(write.key, []).append(write.value)
            assert (read.value if isinstance(read.value, int) else 0) + 1 == write.value
        assert all(values == list(range(1, len(values) + 1)) for values in written.values())

    def test_a_bank_opens_with_one_transaction(self, tmp_path: Path) -> None:
        """Before the first transfer; every look at all accounts sees their sum."""
        history = run(tmp_path / "h", "bank", keys=5)
        looks = [steps for _, steps in committed(history) if len(steps) == 5]
        assert looks
        for steps in looks:
            assert sum(step.value for step in steps if isinstance(step.value, int)) == 5 * OPENING_BALANCE

    def test_a_bank_that_does_not_open_measures_nothing(self, tmp_path: Path) -> None:
        """One sentence."""
        with pytest.raises(ConsistencyError, match="accounts cannot be opened"):
            run(tmp_path / "h", "bank", {("commit", 0): LOST})

    @pytest.mark.parametrize(
        ("call", "error", "outcome"),
        [
            ("read", LOST, Outcome.FAIL),
            ("commit", LOST, Outcome.INFO),
            ("commit", StoreError("ABORTED", "contention", definite=True), Outcome.FAIL),
        ],
    )
    def test_are_what_can_be_known(self, tmp_path: Path, call: str, error: StoreError, outcome: Outcome) -> None:
        """Without a commit nothing was written; without its answer nobody knows; refused is refused."""
        history = run(tmp_path / "h", "counter", {(call, 0): error}, entities=1)
        assert history[0].outcome is outcome

    def test_one_that_waited_follows_the_one_that_made_room(self, tmp_path: Path) -> None:
        """By a nanosecond, so that they are not taken to be concurrent."""
        history = run(tmp_path / "h", "counter", entities=MOST_OPEN + 1, rate="100000/s")
        assert history[MOST_OPEN].invoked_ns == min(history.completed_ns) + 1

    def test_an_unknown_commit_tells_what_it_may_have_written(self, tmp_path: Path) -> None:
        """Whoever reads that value later must know whose it is."""
        history = run(tmp_path / "h", "counter", {("commit", 0): LOST}, entities=1)
        assert history.micros[0][1].value == 1
