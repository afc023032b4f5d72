"""The client: at each due time one transaction of the workload, recorded with its steps.

A schedule and a seed come in; transactions and events go out. Each begins when it is due, whatever became of those
before it, up to MOST_OPEN at once. What was read and what was to be written is recorded at the end also where nobody
can tell whether it was committed, because whoever later reads those values must know whose they are.

    read (begins the transaction)  ->  compute  ->  commit           ok
                                                    ABORTED          fail: it certainly did not happen
                                                    no answer        info
    read fails                                                       fail: nothing was written
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from consistency.clock import Clock
from consistency.errors import ConsistencyError
from consistency.operation import Action, Item, Micro, Outcome
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.schedule import Stream, name_keys, write_due_ns
from consistency.store import Store, StoreError, Value
from consistency.workers.transactions import TRANSACTIONS, Draft, open_accounts
from consistency.workload import Workload

MOST_OPEN = 100


@dataclass(frozen=True)
class Client:
    """One of the plan's transacting processes: number `place`, whose transactions are due in its own `stream`."""

    plan: Plan
    store: Store
    recorder: Recorder
    clock: Clock
    random: Random
    start_ns: int
    place: int

    async def transact(self, stream: Stream) -> None:
        """All transactions of this client, each at its due time."""
        keys, open_calls = name_keys(self.plan.keys, self.plan.groups), asyncio.Semaphore(MOST_OPEN)
        rate_per_s, draw = self.plan.rate_per_s, TRANSACTIONS[self.plan.workload]
        async with asyncio.TaskGroup() as calls:
            for index in range(self.plan.entities):
                draft = draw(self.random, keys, index * self.plan.writers + self.place + 1)
                due_ns = write_due_ns(self.start_ns, rate_per_s, stream, index)
                await open_calls.acquire()
                await self.clock.sleep_until_ns(self.clock.follow_ns(due_ns))
                calls.create_task(self._run(draft, due_ns)).add_done_callback(lambda _: open_calls.release())

    async def open(self) -> None:
        """What must be there before the first transaction; ConsistencyError where the store does not take it."""
        if self.plan.workload is Workload.BANK:
            draft = open_accounts(name_keys(self.plan.keys, self.plan.groups))
            if await self._run(draft, self.clock.now_ns()) is not Outcome.OK:
                raise ConsistencyError("The accounts cannot be opened: the store did not commit their first balances.")

    async def _run(self, draft: Draft, due_ns: int) -> Outcome:
        op = self.recorder.invoke(Action.TRANSACTION, draft.items[0], due_ns, self.clock.now_ns(), micros=draft.begun)
        try:
            values, handle = await self.store.read(draft.items)
        except StoreError as error:
            self.recorder.complete(op, self.clock.now_ns(), Outcome.FAIL, code=error.code)
            return Outcome.FAIL
        writes = draft.finish(values)
        return await self._commit(op, handle, writes, draft.tell(values, writes))

    async def _commit(self, op: int, handle: object, writes: Mapping[Item, Value], told: tuple[Micro, ...]) -> Outcome:
        try:
            server_ns = await self.store.commit(handle, writes)
        except StoreError as error:
            outcome = Outcome.FAIL if error.definite else Outcome.INFO
            self.recorder.complete(op, self.clock.now_ns(), outcome, code=error.code, micros=told)
            with contextlib.suppress(StoreError):  # it may have been committed: then there is nothing to roll back
                await self.store.rollback(handle)
            return outcome
        self.recorder.complete(op, self.clock.now_ns(), Outcome.OK, server_ns=server_ns, micros=told)
        return Outcome.OK
