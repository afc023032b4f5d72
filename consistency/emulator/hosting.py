"""One running emulator: a service behind a listener, with its truth log.

Settings and an address come in; a listening emulator goes out, until its context ends. `consistency serve` and every
other host of the emulator start it here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec

from consistency.clock import monotonic_ns, wall_ns
from consistency.emulator.server.listener import Listener, listen
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings
from consistency.emulator.truth import TruthRecord


@contextlib.asynccontextmanager
async def host_emulator(
    settings: Settings, host: str, port: int, stop: asyncio.Event, truth_log: Path | None = None
) -> AsyncIterator[Listener]:
    """The emulator at `host`:`port` (0: any free port); `stop` is set when somebody asks it to shut down."""
    with _record_truth(truth_log) as record:
        service = Service(settings, monotonic_ns, wall_ns, record)
        listener = await listen(service.call, host, port, on_shutdown=stop.set, on_reset=service.reset)
        try:
            yield listener
        finally:
            await listener.close()


@contextlib.contextmanager
def _record_truth(path: Path | None) -> Iterator[Callable[[TruthRecord], None] | None]:
    if path is None:
        yield None
        return
    encode = msgspec.json.Encoder().encode
    with path.open("ab", buffering=0) as file:

        def record(truth: TruthRecord) -> None:
            file.write(encode(truth) + b"\n")

        yield record
