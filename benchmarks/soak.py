"""Whether a long run stays as small as it began: one writer, one reader and the emulator, each in a process of its own.

200 writes a second in total, five attempts at each of two probes, a million attempts in all. The memory of each process
is sampled from outside; afterwards the histories are held against what must be in them: each call with its end, no
number left out, every acknowledged write searched for.

The emulator keeps what it is given, so its memory grows with the entities, and is told for each; that of writer and
reader must not grow at all.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.rivals import resident_mib
from benchmarks.rounds import FULL, Size
from benchmarks.tables import Goal, Of, Row, Table
from benchmarks.wire import read_cpu_s
from consistency.archive import Archive
from consistency.history import ACTIONS, NEVER, OUTCOMES, History
from consistency.operation import Action, Outcome

ATTEMPTS_AN_ENTITY = 5
SAMPLES, TENTHS = 400, 10
GROWTH_MAX_PERCENT = 5.0
PLAN = """entities = {entities}
rate = "100/s"
deadline = "5s"
seed = 7
[target]
lag = "fixed:20ms"
[probes]
key_get = {{ confirm = 4, confirm_for = "400ms" }}
eventual_get = {{ confirm = 4, confirm_for = "400ms", interval = "100ms" }}
"""


@dataclass
class Watch:
    """One process: what it had in memory at each sample, and the processor time that it had taken at the last."""

    pid: int
    memory_mib: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def look(self) -> None:
        """Take one sample, where the process lives."""
        memory_mib = resident_mib(self.pid)
        if memory_mib:
            self.memory_mib.append(memory_mib)
            self.cpu_s = read_cpu_s(self.pid)

    def list_tenths(self) -> str:
        """The mean of each tenth of the time."""
        tenths = np.array_split(np.array(self.memory_mib), TENTHS)
        return " ".join(f"{each.mean():.0f}" for each in tenths if len(each))

    def grown_percent(self) -> float:
        """How much more there was in the last tenth than in the second one."""
        tenth = max(1, len(self.memory_mib) // TENTHS)
        early, late = fmean(self.memory_mib[tenth : 2 * tenth]), fmean(self.memory_mib[-tenth:])
        return 100 * (late - early) / early


def measure(size: Size = FULL) -> Table:
    """The growth of each process, what was lost, and what the harness takes for each call."""
    entities = max(1, size.attempts // (2 * ATTEMPTS_AN_ENTITY))
    with tempfile.TemporaryDirectory() as folder:
        archive, watches, seconds = run_long(Path(folder), entities)
        history = History.load(archive.histories())
    attempts = int((history.revision != 0).sum()) - count_writes(history)
    grown = {name: watch.grown_percent() for name, watch in watches.items()}
    limit = Goal(GROWTH_MAX_PERCENT)
    rows = [Row(f"{name}: memory, last tenth over second", attempts, [grown[name]], "%", goal=limit)
            for name in ("writer", "reader")]  # fmt: skip
    kept_kib = (watches["emulator"].memory_mib[-1] - watches["emulator"].memory_mib[0]) * 1024
    rows.append(Row("emulator: memory for each entity it keeps", 2 * entities, [kept_kib / (2 * entities)], "KiB"))
    rows.append(Row("events lost", len(history), [count_lost(history)], "", goal=Goal(0, Of.WORST)))
    for name, calls in (("writer", count_writes(history)), ("reader", attempts)):
        rows.append(Row(f"{name}: processor time of a call", calls, [1e3 * watches[name].cpu_s / calls], "ms"))
    late_ms = np.quantile(history.invoked_ns - history.due_ns, 0.99) / 1e6
    rows.append(Row("p99 of how late calls began", len(history), [float(late_ms)], "ms"))
    notes = [f"{name}: MiB in each tenth: {watch.list_tenths()}" for name, watch in watches.items()]
    pace = f"{count_writes(history) / seconds:,.0f} writes and {attempts / seconds:,.0f} attempts a second"
    return Table.of(f"soak: {attempts:,} attempts in {seconds:,.0f} s, {pace}", rows, *notes)


def run_long(folder: Path, entities: int) -> tuple[Archive, dict[str, Watch], float]:
    """A run of so many entities of each probe in `folder`: its archive, its processes, and how long it took."""
    (folder / "plan.toml").write_text(PLAN.format(entities=entities), encoding="utf-8")
    archive = Archive(folder / "runs" / "plan" / "one")
    writer = launch(folder, "write", "plan.toml", "--run", "one", "--format", "json")
    reader = launch(folder, "read", "plan.toml")
    server = await_server(archive, writer)
    watches = {"writer": Watch(writer.pid), "reader": Watch(reader.pid), "emulator": Watch(int(server["pid"]))}
    while not archive.history("reader-1").exists() and reader.poll() is None:
        time.sleep(0.01)
    start_s, pause_s = time.monotonic(), max(0.02, entities / 100 / SAMPLES)
    while reader.poll() is None:
        for watch in watches.values():
            watch.look()
        time.sleep(pause_s)
    seconds = time.monotonic() - start_s
    check_ends([reader, writer])
    return archive, watches, seconds


def launch(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """A command of ours, as somebody runs it without a terminal."""
    command = [sys.executable, "-m", "consistency", *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def await_server(archive: Archive, writer: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """The record of the run's emulator, once it answers."""
    record = archive.folder / "emulator.json"
    while writer.poll() is None:
        server: dict[str, Any] = json.loads(record.read_bytes()) if record.exists() else {}
        if server.get("address"):
            return server
        time.sleep(0.01)
    raise RuntimeError(f"the writer ended with {writer.returncode}")


def check_ends(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Raise unless all of them end well."""
    for process in processes:
        _, said = process.communicate()
        if process.returncode:
            raise RuntimeError(f"it ended with {process.returncode}: {said.decode(errors='replace')[-500:]}")


def count_writes(history: History) -> int:
    """How many writes were begun."""
    return int((history.action == ACTIONS.index(Action.WRITE)).sum())


def count_lost(history: History) -> int:
    """Calls without an end, numbers left out of a process's calls, and acknowledged writes that nobody searched for."""
    unended = int((history.completed_ns == NEVER).sum())
    left_out = sum(
        int(own.max()) + 1 - len(own)
        for place in range(len(history.processes))
        if len(own := history.op[history.process == place])
    )
    writes = history.action == ACTIONS.index(Action.WRITE)
    acknowledged = history.item[writes & (history.outcome == OUTCOMES.index(Outcome.OK))]
    return unended + left_out + len(np.setdiff1d(acknowledged, history.item[~writes]))
