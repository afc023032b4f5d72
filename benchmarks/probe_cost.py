"""What the harness adds to a probe: the reader's attempt beside the bare call of the generated async client.

Both go over one connection to one emulator in a process of its own. They alternate call by call, and swap who goes
first, so that drift and the idle gap before a call fall on both alike. The bare call's request is built and wrapped
beforehand: everything that the attempt does beyond the client's own call counts as cost.
"""

import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter_ns
from typing import Any

from google.cloud.datastore_v1.services.datastore import DatastoreAsyncClient
from google.cloud.datastore_v1.services.datastore.transports.grpc_asyncio import DatastoreGrpcAsyncIOTransport
from grpc import aio

from benchmarks.rounds import FULL, Size
from benchmarks.tables import Goal, Of, Row, Table
from consistency import clock
from consistency.backends.embedded import start_emulator
from consistency.backends.messages import Messages
from consistency.backends.stores import NEVER, REQUESTS, RpcStore, wire_client
from consistency.clock import Clock
from consistency.emulator.settings import Settings
from consistency.operation import Action, Item
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.recorder import Recorder
from consistency.workers.probes import Look
from consistency.workers.reader import Reader

ITEM = Item("one", "one")
TIMEOUT_S = 10.0
WARM_UP = 200
METHODS = {Action.KEY_GET: "lookup", Action.GLOBAL_QUERY: "run_query"}
Call = Callable[[], Awaitable[object]]
Medians = dict[Action, list[tuple[float, float]]]  # for each round: ours, bare (us)


def measure(size: Size = FULL) -> Table:
    """Both calls' medians and their ratio, for a key get and a global query."""
    calls = size.of(1_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start_emulator(Settings(), folder / "emulator.log") as child:
            medians = clock.run(_compare(child.address, folder, size.rounds, calls))
    rows = [row for action, pairs in medians.items() for row in _rows(action, pairs, calls)]
    return Table.of("probe: the harness's attempt beside the bare client call, call by call", rows)


def _rows(action: Action, pairs: list[tuple[float, float]], calls: int) -> list[Row]:
    ours, bare = [own for own, _ in pairs], [other for _, other in pairs]
    goal = Goal(1.05, Of.RATIO)
    return [
        Row(f"{action}, bare call", calls, bare, "us"),
        Row(f"{action}, attempt with recording", calls, ours, "us", bare, goal),
        Row(f"{action}, difference", calls, [own - other for own, other in pairs], "us"),
    ]


async def _compare(address: str, folder: Path, rounds: int, calls: int) -> Medians:
    channel = aio.insecure_channel(address)
    client = DatastoreAsyncClient(transport=DatastoreGrpcAsyncIOTransport(channel=channel))
    requests = Messages("consistency", "", "benchmark")
    store = RpcStore(wire_client(client, TIMEOUT_S, partial(channel.close, None)), requests)
    await store.insert(ITEM, 0)
    recorder = Recorder(folder / "history-reader.jsonl", "reader")
    medians: Medians = {action: [] for action in METHODS}
    contests = {action: (_attempt(action, store, recorder), _bare(action, client, requests)) for action in METHODS}
    for ours, bare in contests.values():
        await _alternate(ours, bare, WARM_UP)
    for _ in range(rounds):
        for action, (ours, bare) in contests.items():
            medians[action].append(await _alternate(ours, bare, calls))
    recorder.close()
    await store.close()
    return medians


def _attempt(action: Action, store: RpcStore, recorder: Recorder) -> Call:
    plan = Plan(probes={action: Probe()})
    reader = Reader(action, plan, store, recorder, Clock.starting_now(), Random(0))
    look = Look(ITEM, 1, plan.probes[action].ancestor, 0, 0)
    return lambda: reader._attempt(look, 0)  # noqa: SLF001 - the very thing whose cost is asked for


def _bare(action: Action, client: DatastoreAsyncClient, requests: Messages) -> Call:
    name = METHODS[action]
    raw: Any = requests.lookup(ITEM) if action is Action.KEY_GET else requests.query(ITEM, None)[1]
    request, method = REQUESTS[name][0].wrap(raw), getattr(client, name)
    return lambda: method(request=request, retry=NEVER, timeout=TIMEOUT_S)


async def _alternate(ours: Call, bare: Call, calls: int) -> tuple[float, float]:
    """The medians (us) of `calls` calls each."""
    taken_ns: dict[Call, list[int]] = {ours: [], bare: []}
    for number in range(calls):
        for call in (ours, bare) if number % 2 else (bare, ours):
            start_ns = perf_counter_ns()
            await call()
            taken_ns[call].append(perf_counter_ns() - start_ns)
    return median(taken_ns[ours]) / 1e3, median(taken_ns[bare]) / 1e3
