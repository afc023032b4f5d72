"""serve: the embedded emulator alone, on one port."""

import asyncio
import errno
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from consistency.emulator.settings import Settings

PORT_MAX = 65_535


@click.command()
@click.option("--host-port", default="127.0.0.1:8081", help="Where to listen; port 0 takes any (127.0.0.1:8081).")
@click.option("--project", default="consistency", help="Project id for the environment lines.")
@click.option("--model", default=None, help="strong or megastore (strong; megastore where a delay is given).")
@click.option("--lag", help="Plant a lag of queries: megastore with apply_a = 0 and apply_b = LAG.")
@click.option("--apply-a", default="0", help="Delay until entities are applied.")
@click.option("--apply-b", default="0", help="Further delay until indexes are applied.")
@click.option("--seed", type=int, default=0, help="Repeats the planted delays (0).")
@click.option("--truth-log", type=click.Path(path_type=Path), help="Append when each commit became visible to whom.")
@click.option("--with-parent", is_flag=True, help="End when standard input ends.")
def serve(
    host_port: str,
    project: str,
    model: str | None,
    lag: str | None,
    apply_a: str,
    apply_b: str,
    seed: int,
    truth_log: Path | None,
    with_parent: bool,
) -> int:
    """The embedded Datastore emulator on one port: gRPC and HTTP."""
    from consistency import clock
    from consistency.emulator.models import open_model
    from consistency.emulator.settings import Settings
    from consistency.errors import UsageError

    apply_b = lag or apply_b
    fitting = "strong" if apply_a == apply_b == "0" else "megastore"
    host, port = _split(host_port)
    try:
        settings = Settings(model=fitting if lag else model or fitting, apply_a=apply_a, apply_b=apply_b, seed=seed)
        open_model(settings)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return clock.run(_serve(settings, host, port, project, truth_log, with_parent=with_parent))


def _split(host_port: str) -> tuple[str, int]:
    from consistency.errors import UsageError

    host, separator, port = host_port.rpartition(":")
    if not separator or not port.isdigit() or int(port) > PORT_MAX:
        raise UsageError(f"--host-port {host_port}: write HOST:PORT, such as 127.0.0.1:8081, or :0 for any port")
    return host.strip("[]") or "127.0.0.1", int(port)


async def _serve(
    settings: "Settings", host: str, port: int, project: str, truth_log: Path | None, *, with_parent: bool
) -> int:
    from consistency.emulator.hosting import host_emulator
    from consistency.errors import ConsistencyError

    stop = asyncio.Event()
    _stop_on_request(stop, with_parent=with_parent)
    try:
        async with host_emulator(settings, host, port, stop, truth_log) as hosted:
            _announce(hosted.address, project)
            await stop.wait()
    except OSError as error:
        raise ConsistencyError(_explain(error, f"{host}:{port}")) from error
    return 0


def _explain(error: OSError, address: str) -> str:
    if error.filename is not None:
        return f"{error.filename} cannot be written: {error.strerror}. Choose another --truth-log."
    # asyncio puts a sentence of its own into strerror; what a resolver says has no number of the system's.
    why = os.strerror(error.errno) if error.errno and error.errno in errno.errorcode else error.strerror
    return (
        f"{address} cannot be listened on: {why}. If an emulator was left there, use it: --host {address}. "
        f"Stop it: curl -X POST http://{address}/shutdown. Any free port: --host-port :0"
    )


def _announce(address: str, project: str) -> None:
    """The lines that a shell can take over, and that whoever started us reads the address from."""
    variables = {
        "DATASTORE_DATASET": project,
        "DATASTORE_EMULATOR_HOST": address,
        "DATASTORE_EMULATOR_HOST_PATH": f"{address}/datastore",
        "DATASTORE_HOST": f"http://{address}",
        "DATASTORE_PROJECT_ID": project,
    }
    for name, value in variables.items():
        click.echo(f"export {name}={value}")
    sys.stdout.flush()


def _stop_on_request(stop: asyncio.Event, *, with_parent: bool) -> None:
    """Signals stop the emulator; so does the end of standard input, which is how a killed parent is noticed."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def notice_parent() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            stop.set()

    if with_parent:
        loop.add_reader(0, notice_parent)
