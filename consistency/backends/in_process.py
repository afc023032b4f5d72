"""The embedded emulator called in process, on virtual time, and the faults within it.

A run comes in, a Store straight into the emulator goes out; its truth log has the run's own clock. A plan that restarts
the emulator keeps its data in a folder: it is closed, answers nothing for a while, and is opened again from there.
"""

from collections.abc import Awaitable, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import BinaryIO

import msgspec

from consistency.backends.connecting import name_namespace
from consistency.backends.embedded import make_settings
from consistency.backends.faulty import Disturbances
from consistency.backends.messages import Messages
from consistency.backends.steering import apply_pending, name_verb
from consistency.backends.stores import RpcStore, wire_in_process
from consistency.clock import Clock
from consistency.delays import parse_delay
from consistency.emulator.service import Service
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.truth import Told
from consistency.errors import DiskError
from consistency.fault import FaultKind
from consistency.plan import Plan
from consistency.schedule import Change
from consistency.store import Store
from consistency.workload import Workload


class InProcess:
    """One emulator for one run. `truth` is where it tells when each commit became visible; its data, where it needs
    any, lie beside it."""

    def __init__(self, plan: Plan, seed: int, truth: Path, run: str) -> None:
        self._plan, self._seed, self._run = plan, seed, run
        self._truth_path = truth
        restarted = any(fault.kind is FaultKind.RESTART for fault in plan.faults)
        self._settings = make_settings(plan, seed, truth.with_name("data") if restarted else None)
        self._service: Service | None = None

    def connect(self, clock: Clock, disturbances: Disturbances | None = None) -> Store:
        """Start it on `clock`; closing the Store ends it."""
        self._clock = clock
        self._truth_path.unlink(missing_ok=True)
        self._truth: BinaryIO = self._truth_path.open("ab")  # a restart's corrections are appended beside it
        self._encode = msgspec.json.Encoder().encode
        service = self._start()
        call = service.call if self._settings.data_dir is None else self._call
        draw_latency_ns = partial(parse_delay(self._plan.target.latency).draw_ns, Random(f"{self._seed}/network"))
        wire = wire_in_process(call, clock, draw_latency_ns, self._release)
        target = self._plan.target
        names = target.project, target.database, name_namespace(self._run)
        messages = Messages(*names, revisioned=self._plan.workload is not Workload.CREATE)
        return RpcStore(disturbances.disturb(wire) if disturbances else wire, messages)

    async def steer(self, change: Change) -> None:
        """Begin or end a fault within it."""
        assert self._service is not None or not change.active
        if change.planned.fault.kind is not FaultKind.RESTART:
            verb, words = name_verb(change)
            assert self._service is not None
            self._service.steer(verb, words)
        elif change.active:
            self._stop()
        else:
            self._start()
            self._truth.flush()
            apply_pending(self._truth_path, self._clock.monotonic_ns())

    def _start(self) -> Service:
        wall_origin_ns = self._clock.origin_wall_ns
        now_ns, monotonic_ns = self._clock.now_ns, self._clock.monotonic_ns
        service = Service(self._settings, monotonic_ns, lambda: now_ns() + wall_origin_ns, self._record)
        self._service = service
        return service

    def _stop(self) -> None:
        if self._service is not None:
            self._service.close()
        self._service = None

    def _call(self, method: str, metadata: Mapping[str, str], request: bytes) -> bytes | Awaitable[bytes]:
        if self._service is None:
            raise ServiceError(Code.UNAVAILABLE, "connection refused: the emulator is being started again")
        return self._service.call(method, metadata, request)

    def _record(self, told: Told) -> None:
        try:
            self._truth.write(self._encode(told) + b"\n")
        except OSError as error:
            raise DiskError.at(self._truth_path, error) from error

    async def _release(self) -> None:
        self._stop()
        try:
            self._truth.close()
        except OSError as error:
            raise DiskError.at(self._truth_path, error) from error
