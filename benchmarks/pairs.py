"""The two pairs on one planted lag, one after the other, each against an emulator of its own with the same seed.

A case comes in; what each pair said, and the emulator's truth about it, go out. The naive pair is writer, tail and
reader in processes of their own. Ours is `consistency run`, where the announcements stay in one process, or
`consistency write` and `consistency read`, joined by the queue file.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from consistency.archive import Archive
from consistency.backends.embedded import start_emulator
from consistency.emulator.settings import Settings
from consistency.emulator.truth import TruthRecord
from consistency.flow import Judged, judge_run

SEED = 32  # draws the slow class 6 times in the first 60 entities, and twice in the first 15
INTERVAL_MS = 50
SLACK_S = 120.0
TAILS = {"inotify": ("tail", "-F", "-n", "+1"), "polling": ("tail", "-F", "---disable-inotify", "-n", "+1")}
PLAN = """\
entities = {entities}
rate = "1/s"
deadline = "30s"
seed = {seed}
[target]
lag = "{lag}"
[probes]
global_query = {{ interval = "{interval}ms" }}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A planted lag, how the naive reader tails, and whether ours are joined by the queue file."""

    name: str
    lag: str
    tail: str
    queued: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One entity as the naive pair saw it. Instants are of the machine's monotonic clock.

    began    put returned   appended      picked up                  found       rows visible: the truth
      |----------|-------------|-------------|-----reported-----------|
                 |------------------- true_ns -------|
    """

    began_ns: int
    put_ns: int
    appended_ns: int
    picked_ns: int
    found_ns: int
    queries: int
    rows_ns: int

    @property
    def reported_ns(self) -> int:
        """What the pair takes for the entity's latency."""
        return self.found_ns - self.picked_ns

    @property
    def true_ns(self) -> int:
        """What it was: from the put's return until a query could see it, and not below 0."""
        return max(0, self.rows_ns - self.put_ns)


def run_naive(case: Case, entities: int, folder: Path) -> list[Found]:
    """Run the naive pair, in order of the writes."""
    queue, truth = folder / "ids.txt", folder / "truth.jsonl"
    queue.touch()
    settings = Settings(model="megastore", apply_b=case.lag, seed=SEED)
    with start_emulator(settings, folder / "emulator.log", truth) as child:
        environment = os.environ | {"DATASTORE_EMULATOR_HOST": child.address}
        with _start(TAILS[case.tail], queue) as tail:
            reader = _start_module("naive.reader", entities, env=environment, stdin=tail.stdout)
            writer = _start_module("naive.writer", queue, entities, env=environment)
            written, found = _finish(writer, entities), _finish(reader, entities)
    return join_stamps(written, found, read_truth(truth))


def join_stamps(written: Sequence[Any], found: Sequence[Any], rows_ns: dict[str, int]) -> list[Found]:
    """Each entity's stamps of writer and reader, and the instant from which the emulator says it was visible."""
    searches = {name: rest for name, *rest in found}
    joined = []
    for name, began_ns, put_ns, appended_ns in written:
        queries, picked_ns, found_ns = searches[name]
        joined.append(Found(began_ns, put_ns, appended_ns, picked_ns, found_ns, queries, rows_ns[name]))
    return joined


def read_truth(path: Path) -> dict[str, int]:
    """For each key name the instant from which global queries see it; of several records of a commit the last holds."""
    records = msgspec.json.Decoder(TruthRecord).decode_lines(path.read_bytes())
    commits = {record.commit: record for record in records}
    known = ((record.names, record.rows_ns) for record in commits.values())
    return {name: rows_ns for names, rows_ns in known if rows_ns is not None for name in names}


def run_ours(case: Case, entities: int, folder: Path) -> Judged:
    """Run ours, and judge."""
    plan = folder / "plan.toml"
    plan.write_text(PLAN.format(entities=entities, seed=SEED, lag=case.lag, interval=INTERVAL_MS), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "DATASTORE_EMULATOR_HOST"}
    options = ["--out", folder, "--quiet"]
    if case.queued:
        reader = _start_module("", "read", plan, *options, env=environment)
        _complete(
            _start_module("", "write", plan, *options, "--format", "", "--run", "ours", env=environment), entities
        )
        _complete(reader, entities)
    else:
        run = _start_module("", "run", plan, *options, "--no-report", "--run", "ours", env=environment)
        _complete(run, entities)
    return judge_run(Archive(folder / "plan" / "ours"))


@contextlib.contextmanager
def _start(command: Sequence[str], path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*command, path], stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _start_module(name: str, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """A module of the benchmarks, or the program itself where the name is empty."""
    module = f"benchmarks.{name}" if name else "consistency"
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def _complete(process: subprocess.Popen[bytes], entities: int) -> bytes:
    output, said = process.communicate(timeout=3 * entities + SLACK_S)
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {said.decode(errors='replace')}")
    return output


def _finish(process: subprocess.Popen[bytes], entities: int) -> Any:
    return json.loads(_complete(process, entities))
