"""Our own emulator: as a child process on a free port, or called in process on virtual time.

A plan comes in, a running emulator goes out, and its truth log lies in the run's folder: when each commit became
visible to whom, for calibration alone.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from random import Random

import msgspec

from consistency.archive import Archive
from consistency.backends.child import Child, start_child
from consistency.backends.connecting import name_namespace
from consistency.backends.faulty import Disturbances
from consistency.backends.messages import Messages
from consistency.backends.stores import RpcStore, wire_in_process
from consistency.clock import Clock
from consistency.delays import parse_delay
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings
from consistency.emulator.truth import Told
from consistency.parameters import PARAMETERS
from consistency.plan import Model, Plan
from consistency.store import Store
from consistency.workload import Workload

START_TIMEOUT_S = 20.0
_ADDRESS = re.compile(r"DATASTORE_EMULATOR_HOST=(\S+)")


def describe_truth(plan: Plan, seed: int) -> str:
    """The kind of truth, in words."""
    model, parameters = plan.target.effective
    if model is Model.STRONG:
        return f"embedded emulator, strongly consistent, seed {seed}"
    if model is not Model.MEGASTORE:
        told = "".join(f", {name} = {value}" for name, value in parameters.items())
        return f"embedded emulator, model {model}{told}, seed {seed}"
    if plan.target.lag:
        return f"embedded emulator, planted lag {plan.target.lag}, seed {seed}"
    bodies, rows = (parameters.get(name, "0") for name in ("apply_a", "apply_b"))
    return f"embedded emulator, planted delays: entities {bodies}, then indexes {rows}, seed {seed}"


def make_settings(plan: Plan, seed: int) -> Settings:
    """The emulator's settings for `plan`."""
    model, parameters = plan.target.effective
    return Settings(model, seed=seed, **parameters)  # type: ignore[arg-type]  # the plan has checked each value


def start_emulator(settings: Settings, log: Path, truth: Path | None = None) -> AbstractContextManager[Child]:
    """The emulator in a child process, running; it ends with us, even if we are killed."""
    command = [sys.executable, "-m", "consistency", "serve", "--host-port", "127.0.0.1:0", "--with-parent",
               "--model", settings.model, "--seed", str(settings.seed), *_list_flags(settings)]  # fmt: skip
    if truth is not None:
        command += ["--truth-log", str(truth)]

    def announced() -> str | None:
        match = _ADDRESS.search(log.read_text(encoding="utf-8"))
        return match[1] if match else None

    return start_child(command, log, announced, START_TIMEOUT_S)


def _list_flags(settings: Settings) -> Iterator[str]:
    """The parameters that are not what they would be without a word."""
    for name, parameter in PARAMETERS.items():
        value, flag = getattr(settings, name), name.replace("_", "-")
        if value != parameter.default:
            yield from [f"--{'' if value else 'no-'}{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]


def call_in_process(
    plan: Plan, seed: int, archive: Archive, clock: Clock, run: str, disturbances: Disturbances | None = None
) -> Store:
    """A Store straight into an emulator on `clock`, which is the clock of its truth log too."""
    truth = archive.truth.open("wb")
    encoder = msgspec.json.Encoder()

    def record(told: Told) -> None:
        truth.write(encoder.encode(told) + b"\n")

    async def release() -> None:
        truth.close()

    def now_ns() -> int:
        return clock.now_ns() + clock.origin_ns

    service = Service(make_settings(plan, seed), now_ns, lambda: clock.now_ns() + clock.origin_wall_ns, record)
    draw_latency_ns = partial(parse_delay(plan.target.latency).draw_ns, Random(f"{seed}/network"))
    wire = wire_in_process(service.call, clock, draw_latency_ns, release)
    if disturbances is not None:
        wire = disturbances.disturb(wire)
    revisioned = plan.workload is not Workload.CREATE
    names = plan.target.project, plan.target.database, name_namespace(run)
    return RpcStore(wire, Messages(*names, revisioned=revisioned))
