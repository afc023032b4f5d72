"""Our emulator beside Google's, and beside servers that only echo bytes: rates, starts and memory, in one run.

Every server has its own process, and so has each one's client: grpcio's raw stubs in one or eight threads, as an
application calls, and for the echoes prepared frames in 16 streams, because the server is what the goal is about. The
servers take turns load by load; ratios are taken within a round. Google's are warmed before anything is measured.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from benchmarks import requests
from benchmarks.callers import Caller, Order
from benchmarks.rivals import ECHOES, OURS, Server, find_googles, start_server
from benchmarks.rounds import FULL, Size
from benchmarks.tables import Table, say_met, show
from benchmarks.wire import read_cpu_s
from consistency.errors import ConsistencyError

AIO = "grpc.aio echo"
THREADS = 8
WARM_UP = 5_000  # operations of each of Google's; a quarter of them in a quick run
SECONDS, QUICK_SECONDS = 0.5, 0.1
ROUNDS_OF_QUICK, SONGS_OF_QUICK = 3, 1_000
STARTS_OF_GOOGLE = 3
MANY = 100_000
MEMORY_GOAL_MIB, IDLE_GOAL_MIB, START_GOAL_S = 200.0, 90.0, 0.5


class Load(NamedTuple):
    """One line of the contest. `google`, `aio`: the goal, in times the rate of Google's and of grpc.aio's echo."""

    name: str
    asked: str
    threads: int
    google: float | None = 1.0
    aio: float | None = None


BEFORE_QUERIES = (
    Load("Lookup, 1 thread", "Lookup", 1),
    Load("Lookup, 8 threads", "Lookup", 8),
    Load("Lookup, 16 streams", "Lookup", 0, None, 2.0),
    Load("Commit, 1 thread", "Commit", 1),
    Load("Commit, 8 threads", "Commit", 8),
    Load("Commit, 16 streams", "Commit", 0, None, 1.5),
)
QUERIES = (
    Load("query for one, 1 thread", "equality", 1, 20.0),
    Load("query for one, 8 threads", "equality", 8, 20.0),
    Load("ancestor query, 1 thread", "ancestor", 1, 20.0),
    Load("ancestor query, 8 threads", "ancestor", 8, 20.0),
    Load("Commit after queries, 1 thread", "Commit", 1),
    Load("Commit after queries, 8 threads", "Commit", 8),
)


@dataclass(frozen=True, slots=True)
class Contest:
    """What was measured: calls, rates and the server's processor time by load and server; starts and MiB by server."""

    calls: dict[tuple[Load, str], int] = field(default_factory=dict)
    rates: dict[tuple[Load, str], list[float]] = field(default_factory=dict)
    server_s: dict[tuple[Load, str], float] = field(default_factory=dict)
    started_s: dict[str, list[float]] = field(default_factory=dict)
    idle_mib: dict[str, float] = field(default_factory=dict)
    filled_mib: dict[str, float] = field(default_factory=dict)


def measure(size: Size = FULL) -> Table:
    """Rates, ratios, starts and memory, each beside its goal."""
    quick = size.share < 1
    songs = SONGS_OF_QUICK if quick else requests.SONGS
    contest, googles = Contest(), find_googles()
    servers = (OURS, *googles, *ECHOES)
    notes = () if googles else ("gcloud with Java is not here: ours and the echoes only",)
    with contextlib.ExitStack() as stack:
        running = {name: _enter(stack, name, contest) for name in servers}
        callers = {
            name: (server.pid, stack.enter_context(Caller(server.port))) for name, server in running.items() if server
        }
        for name, (_, caller) in callers.items():
            _prepare(name, caller, songs, WARM_UP // 4 if quick else WARM_UP)
        for loads in (BEFORE_QUERIES, QUERIES):
            for number in range(ROUNDS_OF_QUICK if quick else size.rounds):
                asked = [load for load in loads if load.threads != THREADS] if quick else loads
                _take_round(contest, callers, asked, QUICK_SECONDS if quick else SECONDS, backwards=number % 2 == 1)
    missing = [f"{name} did not start" for name, server in running.items() if server is None]
    found = [name for name in googles if running[name] and not quick]
    _start_again(contest, [OURS], size.rounds - 1)
    _start_again(contest, found, STARTS_OF_GOOGLE - 1)
    _fill(contest, [] if quick else [OURS, *found])
    lines = [*_rate_lines(contest, judged=not quick), *_footprint_lines(contest)]
    headings = ("", "beside", "n", "ours", "theirs", "ratio", "goal", "", "by server time")
    title = f"google: our emulator beside Google's and beside echoes; queries among {songs:,} entities"
    return Table(title, headings, tuple(lines), (*notes, *missing))


def _enter(stack: contextlib.ExitStack, name: str, contest: Contest) -> Server | None:
    """The running server; None, and a word on stderr, where it does not start."""
    try:
        server = stack.enter_context(start_server(name))
    except ConsistencyError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None
    contest.started_s.setdefault(name, []).append(server.started_s)
    contest.idle_mib[name] = server.weigh_mib()
    return server


def _prepare(name: str, caller: Caller, songs: int, warm_up: int) -> None:
    """Fill the store, and call until a Java machine has translated what it will need."""
    if name in ECHOES:
        return
    caller.ask(Order("fill", 1, 0, songs))
    if name != OURS:
        for load in ("Lookup", "Commit"):
            caller.ask(Order(load, THREADS, 0, warm_up // 2 // THREADS))


def _take_round(
    contest: Contest, callers: dict[str, tuple[int, Caller]], loads: Sequence[Load], seconds: float, *, backwards: bool
) -> None:
    for load in loads:
        for name in list(callers)[:: -1 if backwards else 1]:
            if name in ECHOES and load.asked not in {"Lookup", "Commit"}:
                continue
            pid, caller = callers[name]
            before_s = read_cpu_s(pid)
            answer = caller.ask(Order(load.asked, load.threads, seconds, 0, name in ECHOES))
            taken_s = read_cpu_s(pid) - before_s
            contest.calls[load, name] = contest.calls.get((load, name), 0) + answer.calls
            contest.server_s[load, name] = contest.server_s.get((load, name), 0.0) + taken_s
            contest.rates.setdefault((load, name), []).append(answer.calls / answer.seconds)


def _start_again(contest: Contest, names: list[str], times: int) -> None:
    for _ in range(times):
        for name in names:
            with start_server(name) as server:
                contest.started_s.setdefault(name, []).append(server.started_s)


def _fill(contest: Contest, names: list[str]) -> None:
    """The memory of each server with many entities, alone on the machine."""
    for name in names:
        with start_server(name) as server, Caller(server.port) as caller:
            caller.ask(Order("fill", 1, 0, MANY))
            contest.filled_mib[name] = server.weigh_mib()


def _rate_lines(contest: Contest, *, judged: bool) -> Iterator[tuple[str, ...]]:
    """One line for each load and rival. Not `judged`: queries among fewer entities than the goal is about have none."""
    for (load, name), theirs in contest.rates.items():
        if name != OURS:
            ours = contest.rates[load, OURS]
            ratio = median(own / other for own, other in zip(ours, theirs, strict=True))
            goal = (load.aio if name == AIO else None) if name in ECHOES else load.google
            goal = goal if judged or load.asked in {"Lookup", "Commit"} else None
            figures = f"{show(median(ours))} /s", f"{show(median(theirs))} /s", f"{show(ratio)}x"
            calls = f"{contest.calls[load, OURS]:,}"
            judged_words = _judge(goal, met=goal is not None and ratio >= goal)
            yield load.name, name, calls, *figures, *judged_words, _compare_servers(contest, load, name)


def _compare_servers(contest: Contest, load: Load, name: str) -> str:
    """How many times ours its processor time for a call is; other users of the machine disturb that less than rates."""
    ours_s, theirs_s = (contest.server_s[load, one] / contest.calls[load, one] for one in (OURS, name))
    return f"{show(theirs_s / ours_s)}x" if ours_s else ""


def _judge(goal: float | None, *, met: bool) -> tuple[str, str]:
    return ("", "") if goal is None else (f"≥ {show(goal)}x", say_met(met=met))


def _footprint_lines(contest: Contest) -> Iterator[tuple[str, ...]]:
    """Starts and memory: the goal is our own, Google's stand beside it."""
    idle, filled = ({name: [mib] for name, mib in found.items()} for found in (contest.idle_mib, contest.filled_mib))
    yield from _own_lines("process start to first answer", contest.started_s, "s", START_GOAL_S)
    yield from _own_lines("memory, idle", idle, "MiB", IDLE_GOAL_MIB)
    if filled:
        yield from _own_lines(f"memory, {MANY:,} small entities", filled, "MiB", MEMORY_GOAL_MIB)


def _own_lines(what: str, found: dict[str, list[float]], unit: str, goal: float) -> Iterator[tuple[str, ...]]:
    ours = median(found[OURS])
    own = what, "", str(len(found[OURS])), f"{show(ours)} {unit}"
    yield *own, "", "", f"< {show(goal)} {unit}", say_met(met=ours < goal), ""
    for name, figures in found.items():
        if name != OURS and name not in ECHOES:
            theirs = median(figures)
            beside = f"{show(ours)} {unit}", f"{show(theirs)} {unit}", f"{show(ours / theirs)}x"
            yield what, name, str(len(figures)), *beside, "", "", ""
