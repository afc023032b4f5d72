"""What a consistency model costs: lookups and queries under every model there is, beside the same under `strong`.

The stores are alike, in one process and in the same state of lag: a quarter of all entities was written again and, as
far as the model lets it, is not visible to every reader yet. A new model is measured without a line here. An eventual
read of `quorum` is the dearest: it draws the six messages of three replicas, in blocks.
"""

import time
from collections.abc import Callable, Coroutine
from functools import partial

from benchmarks import requests
from benchmarks.rounds import FULL, Size, take_turns
from benchmarks.tables import Goal, Of, Row, Table
from consistency.emulator.models import MODELS
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings

STRONG, MANUAL = "strong", "manual"
SONGS, CALLS, DISTINCT = 2_000, 1_000, 50
LAG = "1h"
ASKED: dict[str, tuple[str, Callable[[int], Callable[[], bytes]]]] = {
    "Lookup": (requests.LOOKUP, requests.make_lookups),
    "eventual Lookup": (requests.LOOKUP, partial(requests.make_lookups, eventual=True)),
    "query for one": (requests.RUN_QUERY, requests.make_equalities),
    "ancestor query": (requests.RUN_QUERY, requests.make_ancestors),
}


def measure(size: Size = FULL) -> Table:
    """Microseconds of each call under each model; ratios within a round, goal 1.15."""
    calls = max(size.of(CALLS), DISTINCT)
    contestants: dict[str, Callable[[], float]] = {}
    for state in ("at rest", "lagging"):
        for model in MODELS:
            service = _open(model, lagging=state == "lagging")
            for what, (method, build) in ASKED.items():
                contestants[f"{what}, {state}: {model}"] = partial(_time_us, service, method, build(SONGS), calls)
    figures = take_turns(size.rounds, contestants)
    rows = [_row(name, calls, figures) for name in sorted(contestants, key=lambda name: name.partition(":")[0])]
    return Table.of("models: what a call costs under each consistency model, in process", rows)


def _row(name: str, calls: int, figures: dict[str, list[float]]) -> Row:
    what, _, model = name.rpartition(": ")
    rival = () if model == STRONG else figures[f"{what}: {STRONG}"]
    return Row(name, calls, figures[name], "us", rival, Goal(1.15, Of.RATIO) if rival else None)


def _open(model: str, *, lagging: bool) -> Service:
    """A filled store; `lagging`: with writes that no eventual reader sees yet."""
    now_ns = 0
    service = Service(Settings(model=model, apply_a="0", apply_b=LAG), lambda: now_ns, lambda: now_ns)
    for request in requests.fill_songs(SONGS):
        _call(service, requests.COMMIT, request)
    if model == MANUAL:
        service.steer("catch_up", {})
    now_ns += 10**14  # longer than every lag, and than the history that is kept
    ask = requests.make_lookups(SONGS)
    for _ in range(SONGS):  # settling happens in calls, a little in each
        _call(service, requests.LOOKUP, ask())
    if model == MANUAL:
        service.steer("freeze", {})
    for request in requests.fill_songs(SONGS // 4 if lagging else 1, requests.WRITTEN_S + 1):
        _call(service, requests.COMMIT, request)
    return service


def _time_us(service: Service, method: str, make: Callable[[], bytes], calls: int) -> float:
    """Over requests that have been understood before: the stores share what is remembered of that. Processor time of
    all calls together, because a model may do now and then what serves many calls."""
    asked = [make() for _ in range(DISTINCT)]
    for request in asked:
        _call(service, method, request)
    start_ns, counted = time.process_time_ns(), calls // DISTINCT
    for request in asked * counted:
        _call(service, method, request)
    return (time.process_time_ns() - start_ns) / 1e3 / (counted * DISTINCT)


def _call(service: Service, method: str, request: bytes) -> None:
    """Make a call. A reply that comes later is a coroutine, and the waiting in it is no cost."""
    reply = service.call(method, {}, request)
    if isinstance(reply, Coroutine):
        reply.close()
