"""What is lost when parts of a run are killed: with -9, at random instants, again and again.

A run keeps its store; a process of it (the run itself or its emulator; or, of a run in processes of their own, writer
and reader, reader, or emulator) is killed at a random instant, reported, resumed, and so on. Afterwards the histories
are held against the store: what was acknowledged must be there, what is there must have been asked for, no entity may
have been written twice, and no process may be left.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Collection
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
LONGEST_S = 1.2  # between the first event after a start and the kill
A_KILL = 4_000  # entities of each probe for each kill: 200 s, so that the plan outlasts reports that are drawn slowly
DRAWS_FOR_ONE = 3  # a kill that found nobody is drawn again, so often at most
PATIENCE_NS = 10**10


@dataclass
class Tally:
    """What became of the kills: `lost` were acknowledged and are not in the store, `strange` are in it and were never
    asked for, `twice` were written more than once, `left` are processes that outlived their run, `undrawn` are reports
    that could not be drawn of what a kill had left, `vain` are kills that found the run ended already, which count as
    none."""

    kills: int = 0
    vain: int = 0
    acknowledged: int = 0
    lost: int = 0
    strange: int = 0
    twice: int = 0
    left: int = 0
    undrawn: int = 0
    missed: int = 0


def measure(size: Size) -> Table:
    """100 kills in runs of ten each, in one process and in several by turns."""
    with tempfile.TemporaryDirectory() as folder:
        tallies = [
            kill_often(Path(folder) / str(number), kills=10, seed=number, apart=number % 2 == 1)
            for number in range(size.of(10))
        ]
    total = sum(tally.kills for tally in tallies)
    rows = [
        Row(name, total, [sum(getattr(tally, name) for tally in tallies)], "", goal=Goal(0, Of.WORST))
        for name in ("lost", "strange", "twice", "left", "undrawn")
    ]
    asked = sum(tally.acknowledged for tally in tallies)
    vain, missed = (sum(getattr(tally, name) for tally in tallies) for name in ("vain", "missed"))
    note = f"{vain} more found the run ended already; {missed:,} writes fell due while nothing ran, and were missed"
    return Table.of(f"kills: {total} with -9, {asked:,} acknowledged writes", rows, note)


def kill_often(folder: Path, kills: int, seed: int, *, apart: bool, formats: Collection[str] = ("html",)) -> Tally:
    """One run in `folder`, killed so often, reported and resumed after each; what it had at its end. Writer and reader
    are processes of their own where they are `apart`."""
    random, crew, tally = Random(seed), Crew(folder, apart), Tally()
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(PLAN.format(entities=A_KILL * (kills + 1)), encoding="utf-8")
    while tally.kills < kills and tally.vain < DRAWS_FOR_ONE * kills:
        crew.start()
        time.sleep(random.uniform(0, LONGEST_S))
        server = crew.kill(random.choice(crew.victims))
        tally.kills += server is not None
        tally.vain += server is None
        tally.left += server is not None and _outlives(server)
        tally.undrawn += not _draw(crew.archive, formats)
    crew.start()
    crew.stop()
    _compare(crew.archive, tally)
    return tally


class Crew:
    """The processes of one run. `victims`: who can be killed."""

    def __init__(self, folder: Path, apart: bool) -> None:
        self._folder = folder
        self._apart = apart
        self.archive = Archive(folder / "runs" / "plan" / "one")
        self.victims = ("run", "emulator", "reader") if apart else ("run", "emulator")
        self._run: subprocess.Popen[bytes] | None = None
        self._reader: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start who does not run, and wait until all of them record."""
        if self._run is None:
            self._run = self._start_run()
        if self._apart and self._reader is None:
            before = self._size("reader-1")
            self._reader = self._launch("read", "plan.toml", "-q", "--process", "reader-1")
            self._await_growth("reader-1", before)

    def kill(self, victim: str) -> dict[str, Any] | None:
        """Kill it. The server that must end now, or {} where none must; None where nobody was there to be killed."""
        assert self._run is not None
        if victim == "reader":
            self._kill_reader()
            return {}
        server = self._read_server(self._run.pid)
        if self._run.poll() is None and server is not None:
            os.kill(self._run.pid if victim == "run" else int(server["pid"]), signal.SIGKILL)
        self._run.wait()
        self._run = None
        self._kill_reader()  # it would wait for the store for 20 s
        return server

    def stop(self) -> None:
        """End the run as Ctrl-C does."""
        assert self._run is not None
        self._run.send_signal(signal.SIGINT)
        self._run.wait()
        self._kill_reader()

    def _start_run(self) -> subprocess.Popen[bytes]:
        before = self._size("writer")
        begin = ("write", "--format", "json") if self._apart else ("run", "--no-report")
        fresh = (begin[0], "plan.toml", "--run", "one", "--keep-store", "-q", *begin[1:])
        run = self._launch(*(("resume", "plan/one", "-q", "--no-report") if before else fresh))
        self._run = run
        self._await_growth("writer", before)
        return run

    def _kill_reader(self) -> None:
        if self._reader is not None:
            self._reader.kill()
            self._reader.wait()
        self._reader = None

    def _launch(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "consistency", *words]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=self._folder, stdout=quiet, stderr=quiet)

    def _await_growth(self, process: str, before: int) -> None:
        """Return once it records, or once the run has ended."""
        assert self._run is not None
        while self._size(process) == before and self._run.poll() is None:
            time.sleep(0.005)

    def _size(self, process: str) -> int:
        path = self.archive.history(process)
        return path.stat().st_size if path.exists() else 0

    def _read_server(self, owner: int) -> dict[str, Any] | None:
        """The record of the emulator that process `owner` started."""
        for path in self.archive.folder.glob(RECORDS):
            with contextlib.suppress(FileNotFoundError, ValueError):  # just being written, or taken away
                server: dict[str, Any] = json.loads(path.read_bytes())
                if server["owner"]["pid"] == owner:
                    return server
        return None


def _outlives(server: dict[str, Any]) -> bool:
    """Whether the server still lives after ten seconds."""
    give_up_ns = clock.monotonic_ns() + PATIENCE_NS
    while is_alive(server) and clock.monotonic_ns() < give_up_ns:
        time.sleep(0.01)
    return is_alive(server)


def _draw(archive: Archive, formats: Collection[str]) -> bool:
    """Whether the report of what there is can be drawn."""
    try:
        return bool(flow.report_run(flow.judge_run(archive), formats))
    except Exception:  # noqa: BLE001 - whatever keeps it from being drawn is counted, and shown
        traceback.print_exc()
        return False


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
