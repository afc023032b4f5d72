"""One running emulator: a service behind a listener, with its control endpoints and its truth log.

Settings and an address come in; a listening emulator goes out, until its context ends. `consistency serve` and every
other host of the emulator start it here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from consistency.clock import monotonic_ns, wall_ns
from consistency.emulator.server.configuration import change_config, describe_config
from consistency.emulator.server.control import Control
from consistency.emulator.server.listener import Listener, listen
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings
from consistency.emulator.status import invalid
from consistency.emulator.truth import Told


@dataclass(frozen=True, slots=True)
class Hosted:
    """A running emulator: where it listens, and the service behind it."""

    listener: Listener
    service: Service

    @property
    def address(self) -> str:
        """Host and port in one word; an IPv6 address stands in brackets."""
        host = self.listener.host
        return f"[{host}]:{self.listener.port}" if ":" in host else f"{host}:{self.listener.port}"

    def variables(self, project: str) -> dict[str, str]:
        """The five variables of `gcloud emulators datastore env-init`: all that a client needs to find it."""
        return {
            "DATASTORE_DATASET": project,
            "DATASTORE_EMULATOR_HOST": self.address,
            "DATASTORE_EMULATOR_HOST_PATH": f"{self.address}/datastore",
            "DATASTORE_HOST": f"http://{self.address}",
            "DATASTORE_PROJECT_ID": project,
        }


@contextlib.asynccontextmanager
async def host_emulator(
    settings: Settings,
    host: str,
    port: int,
    stop: asyncio.Event,
    truth_log: Path | None = None,
    allowed_origins: Collection[str] = (),
) -> AsyncIterator[Hosted]:
    """The emulator at `host`:`port` (0: any free port); `stop` is set when somebody asks it to shut down.

    ValueError in one sentence for settings or a data folder that cannot be used, OSError for such an address.
    """
    with (
        _record_truth(truth_log) as record,
        contextlib.closing(Service(settings, monotonic_ns, wall_ns, record)) as service,
    ):
        control = build_control(service, stop.set)
        listener = await listen(service.call, host, port, control=control, allowed_origins=allowed_origins)
        try:
            yield Hosted(listener, service)
        finally:
            await listener.close()


def check_settings(settings: Settings) -> None:
    """ValueError in one sentence where they name what there is not; the data folder is not looked at."""
    Service(replace(settings, data_dir=None), int, int)


def build_control(service: Service, shut_down: Callable[[], None]) -> Control:
    """What the control endpoints do to this service."""

    def change(changes: Mapping[str, object]) -> None:
        try:
            service.change(change_config(service.settings, changes))
        except ValueError as error:
            text = str(error)
            raise invalid(f"/v1/config: {text}{'' if text.endswith('?') else '.'}") from error

    return Control(shut_down, service.reset, lambda: describe_config(service.settings), change, service.steer)


@contextlib.contextmanager
def _record_truth(path: Path | None) -> Iterator[Callable[[Told], None] | None]:
    if path is None:
        yield None
        return
    encode = msgspec.json.Encoder().encode
    with path.open("ab", buffering=0) as file:

        def record(truth: Told) -> None:
            file.write(encode(truth) + b"\n")

        yield record
