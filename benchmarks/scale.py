"""What grows with the store and what must not: queries, writes, memory and reopening, in process, without a wire.

Each store is filled in a process of its own; contestants that are compared take turns within one process.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import requests
from benchmarks.callers import Caller, Order
from benchmarks.rivals import OURS, resident_mib, start_server
from benchmarks.rounds import FULL, Size, ask_child, take_turns
from benchmarks.tables import Goal, Of, Row, Table
from consistency.clock import monotonic_ns, wall_ns
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings
from consistency.emulator.values.messages import BeginTransactionRequest, BeginTransactionResponse

FEW, MANY = 1_000, 1_000_000
REOPENED = 100_000
OPEN_TRANSACTIONS = 1_000
CALLS, COMMITS = 2_000, 1_000
BEGIN = requests.SERVICE + "BeginTransaction"


def measure(size: Size = FULL) -> Table:
    """Ratios of a large store to a small one, and of a kept one to one in memory."""
    many, calls, commits = size.of(MANY), size.of(CALLS), size.of(COMMITS)
    grown = ask_child("benchmarks.scale", "grow", many, size.rounds, calls)
    kept = ask_child("benchmarks.scale", "keep", size.rounds, commits)
    wired = keep_behind_wire(size.rounds, calls)
    reopened = [size.of(REOPENED), *([many] if size.share == 1 else [])]
    opened = {songs: ask_child("benchmarks.scale", "reopen", songs) for songs in reopened}
    rows = [
        Row(f"query for 1 among {FEW:,}", calls, grown["query few"], "us"),
        Row(f"query for 1 among {many:,}", calls, grown["query many"], "us", grown["query few"], Goal(1.3, Of.RATIO)),
        Row(f"Commit among {FEW:,}", commits, grown["commit few"], "us"),
        Row(f"Commit among {many:,}", commits, grown["commit many"], "us", grown["commit few"]),
        Row(f"Commit beside {OPEN_TRANSACTIONS:,} open transactions", commits, grown["commit open"], "us",
            grown["commit few"]),
        Row(f"first query with a composite, among {many:,}, processor time", 1, grown["composite"], "s"),
        Row("Commit in memory", commits, kept["memory"], "us"),
        Row("Commit that is kept", commits, kept["kept"], "us", kept["memory"]),
        Row("Commit in memory, over gRPC", calls, wired["memory"], "us"),
        Row("Commit that is kept, over gRPC", calls, wired["kept"], "us", wired["memory"], Goal(1.5, Of.RATIO)),
    ]  # fmt: skip
    for songs, found in opened.items():
        rows.append(Row(f"reopening {songs:,}", songs, [found["opened_s"]], "s"))
        rows.append(Row(f"reopening {songs:,}, processor time", songs, [found["cpu_s"]], "s"))
    rows.append(Row(f"memory of {reopened[0]:,} more", reopened[0], [opened[reopened[0]]["filled_mib"]], "MiB"))
    return Table.of("scale: the same calls in small and large stores, in process", rows)


def grow(many: int, rounds: int, calls: int) -> dict[str, list[float]]:
    """Microseconds of a call in a small store and in a large one, and in a small one beside open transactions."""
    services = {"few": _filled(FEW), "many": _filled(many), "open": _filled(FEW)}
    for _ in range(OPEN_TRANSACTIONS):
        _begin(services["open"])
    ask = {name: requests.make_equalities(songs) for name, songs in (("few", FEW), ("many", many))}
    write = {name: requests.make_commits(MANY + place * MANY) for place, name in enumerate(services)}
    contestants: dict[str, Callable[[], float]] = {}
    for name, service in services.items():
        if name in ask:
            contestants[f"query {name}"] = _timed(service, requests.RUN_QUERY, ask[name], calls)
        contestants[f"commit {name}"] = _timed(service, requests.COMMIT, write[name], calls // 2)
    figures = take_turns(rounds, contestants)
    request = requests.ask_in_order()
    start_s = time.process_time()
    services["many"].call(requests.RUN_QUERY, {}, request)
    return {**figures, "composite": [time.process_time() - start_s]}


def keep(rounds: int, calls: int) -> dict[str, list[float]]:
    """Microseconds of a commit, in memory and kept on disk."""
    with tempfile.TemporaryDirectory() as folder:
        services = {"memory": _open(None), "kept": _open(Path(folder))}
        figures = take_turns(rounds, {
            name: _timed(service, requests.COMMIT, requests.make_commits(0), calls)
            for name, service in services.items()
        })  # fmt: skip
        for service in services.values():
            service.close()
    return figures


def keep_behind_wire(rounds: int, calls: int) -> dict[str, list[float]]:
    """Microseconds of a commit as one client has it that calls one after the other, in memory and kept on disk."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = {"memory": start_server(OURS), "kept": start_server(OURS, f"--data-dir={folder}")}
        contestants: dict[str, Callable[[], float]] = {}
        for name, server in servers.items():
            caller = stack.enter_context(Caller(stack.enter_context(server).port))
            contestants[name] = partial(_call_us, caller, calls)
            contestants[name]()  # the first calls are dear
        return take_turns(rounds, contestants)


def _call_us(caller: Caller, calls: int) -> float:
    answer = caller.ask(Order("Commit", 1, 0, calls))
    return answer.seconds / answer.calls * 1e6


def reopen(songs: int) -> dict[str, float]:
    """Seconds to open a folder of so many entities, and what filling it has taken of memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before_mib = resident_mib(os.getpid())
        service = _filled(songs, folder)
        filled_mib = resident_mib(os.getpid()) - before_mib
        service.close()
        del service
        start_s, cpu_s = time.perf_counter(), time.process_time()
        opened = _open(folder)
        opened_s, cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_s
        opened.call(requests.LOOKUP, {}, requests.make_lookups(songs)())
        opened.close()
    return {"opened_s": opened_s, "cpu_s": cpu_s, "filled_mib": filled_mib}


def _open(folder: Path | None) -> Service:
    return Service(Settings(data_dir=folder), monotonic_ns, wall_ns)


def _filled(songs: int, folder: Path | None = None) -> Service:
    service = _open(folder)
    for request in requests.fill_songs(songs):
        service.call(requests.COMMIT, {}, request)
    return service


def _begin(service: Service) -> bytes:
    reply = service.call(BEGIN, {}, BeginTransactionRequest(project_id=requests.PROJECT).SerializeToString())
    name: bytes = BeginTransactionResponse.FromString(reply).transaction
    return name


def _timed(service: Service, method: str, make: Callable[[], bytes], calls: int) -> Callable[[], float]:
    """The median time of a call in microseconds, over `calls` new requests."""

    def run() -> float:
        taken_ns = []
        for request in [make() for _ in range(calls)]:
            start_ns = time.perf_counter_ns()
            service.call(method, {}, request)
            taken_ns.append(time.perf_counter_ns() - start_ns)
        return median(taken_ns) / 1e3

    return run


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    tasks: dict[str, Callable[..., object]] = {"grow": grow, "keep": keep, "reopen": reopen}
    print(json.dumps(tasks[what](*map(int, numbers))))
