"""What is lost when parts of a run are killed: with -9, at random instants, again and again.

A run keeps its store; a process of it (the run itself, or its emulator) is killed at a random instant, the run is
resumed, and so on. Afterwards the histories are held against the store: what was acknowledged must be there, what is
there must have been asked for, no entity may have been written twice, and no process may be left.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.rounds import Size
from benchmarks.tables import Goal, Of, Row, Table
from consistency import clock, flow
from consistency.archive import Archive
from consistency.backends.connecting import choose_namespace, client
from consistency.backends.embedded import make_settings, start_emulator
from consistency.backends.process_record import RECORDS
from consistency.history import History
from consistency.operation import Action, Outcome
from consistency.processes import is_alive

PLAN = """entities = {entities}
rate = "20/s"
deadline = "2s"
seed = 7
[target]
lag = "lognormal:100ms,0.8"
[probes]
global_query = {{ confirm = 1 }}
key_get = {{ confirm = 1 }}
"""
VICTIMS = ("run", "emulator")
QUIET = ("-q", "--no-report")
LONGEST_S = 1.2  # between the first event after a start and the kill


@dataclass
class Tally:
    """What became of the kills: `lost` were acknowledged and are not in the store, `strange` are in it and were never
    asked for, `twice` were written more than once, `left` are processes that outlived their run."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    strange: int = 0
    twice: int = 0
    left: int = 0
    missed: int = 0


def measure(size: Size) -> Table:
    """100 kills in runs of ten each."""
    with tempfile.TemporaryDirectory() as folder:
        tallies = [kill_often(Path(folder) / str(number), kills=10, seed=number) for number in range(size.of(10))]
    total = sum(tally.kills for tally in tallies)
    rows = [
        Row(name, total, [sum(getattr(tally, name) for tally in tallies)], "", goal=Goal(0, Of.WORST))
        for name in ("lost", "strange", "twice", "left")
    ]
    asked = sum(tally.acknowledged for tally in tallies)
    return Table.of(f"kills: {total} with -9, {asked:,} acknowledged writes", rows)


def kill_often(folder: Path, kills: int, seed: int) -> Tally:
    """One run in `folder`, killed so often and resumed after each; what it had at its end."""
    random, archive = Random(seed), Archive(folder / "runs" / "plan" / "one")
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(PLAN.format(entities=100 * (kills + 1)), encoding="utf-8")
    words, tally = ["run", "plan.toml", "--run", "one", "--keep-store", *QUIET], Tally()
    for _ in range(kills):
        server = _start_and_kill(folder, archive, words, random)
        tally.kills += server is not None
        tally.left += server is not None and _outlives(server)
        words = ["resume", "plan/one", *QUIET]
    _start(folder, words).wait()
    _compare(archive, tally)
    return tally


def _start(folder: Path, words: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "consistency", *words]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet)


def _start_and_kill(folder: Path, archive: Archive, words: list[str], random: Random) -> dict[str, Any] | None:
    """Start it, wait until it writes, and kill one of its processes a random while later. The server that it had; None
    where it ended before it could be killed."""
    before = _size(archive)
    run = _start(folder, words)
    while _size(archive) == before and run.poll() is None:
        time.sleep(0.005)
    time.sleep(random.uniform(0, LONGEST_S))
    server = _read_server(archive, run.pid)
    if run.poll() is not None or server is None:
        run.wait()
        return None
    if random.choice(VICTIMS) == "run":
        run.kill()
    else:
        os.kill(int(server["pid"]), signal.SIGKILL)
    run.wait()
    return server


def _size(archive: Archive) -> int:
    path = archive.history("writer")
    return path.stat().st_size if path.exists() else 0


def _read_server(archive: Archive, owner: int) -> dict[str, Any] | None:
    """The record of the emulator that process `owner` started."""
    for path in archive.folder.glob(RECORDS):
        with contextlib.suppress(FileNotFoundError, ValueError):  # just being written, or taken away
            server: dict[str, Any] = json.loads(path.read_bytes())
            if server["owner"]["pid"] == owner:
                return server
    return None


def _outlives(server: dict[str, Any]) -> bool:
    """Whether the server still lives after ten seconds."""
    give_up_ns = clock.monotonic_ns() + 10**10
    while is_alive(server) and clock.monotonic_ns() < give_up_ns:
        time.sleep(0.01)
    return is_alive(server)


def _compare(archive: Archive, tally: Tally) -> None:
    """Hold the histories against the store, and have the run judged."""
    history = History.load(archive.histories())
    writes = [operation for operation in history if operation.action is Action.WRITE]
    asked = Counter(operation.item.name for operation in writes)
    acknowledged = {operation.item.name for operation in writes if operation.outcome is Outcome.OK}
    stored = _list_stored(archive)
    tally.acknowledged = len(acknowledged)
    tally.lost, tally.strange = len(acknowledged - stored), len(stored - asked.keys())
    tally.twice = sum(count > 1 for count in asked.values())
    tally.missed = flow.judge_run(archive).judgement.pacing.missing_slots


def _list_stored(archive: Archive) -> set[str]:
    """The names of all entities in the store that the run left."""
    plan, manifest = archive.load()
    settings = make_settings(plan, manifest.seed, archive.data)
    with start_emulator(settings, archive.folder / "afterwards.log") as child:
        own = client(plan.target.project, child.address, plan.target.database, choose_namespace(plan, manifest.run))
        query = own.query()
        query.keys_only()
        return {str(entity.key.name) for entity in query.fetch()}
