"""serve: the embedded emulator alone, on one port, or for as long as another command runs.

    consistency serve --lag 250ms -- pytest tests

Flags come in, of which those that gcloud has mean what they mean there; what a shell or a wrapper looks for goes out.
The exported variables stand on stdout and everything else on stderr, so that a shell can take stdout over as it is.
"""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consistency.cli.options import parameter_options
from consistency.parameters import MODELS, PARAMETERS

if TYPE_CHECKING:
    from consistency.emulator.hosting import Hosted
    from consistency.emulator.settings import Settings

PORT_MAX = 65_535
START_LINE = "Dev App Server is now running."  # existing wrappers wait for it


@dataclass(frozen=True, slots=True)
class Serving:
    """One emulator that is to listen at `host`:`port`: for as long as `command` runs, or until it is stopped."""

    settings: "Settings"
    host: str
    port: int
    project: str
    truth_log: Path | None
    allowed_origins: Collection[str]
    command: tuple[str, ...]
    with_parent: bool


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--host-port", help="Where to listen; port 0 takes any (127.0.0.1:8081; any port where CMD is given).")
@click.option("--project", default="consistency", help="Project id for the environment lines.")
@click.option("--model", help=f"{', '.join(MODELS)} (strong; what fits where a delay or a share is given).")
@click.option("--lag", help="Plant a lag of queries: apply_a = 0 and apply_b = LAG; megastore if no model is named.")
@parameter_options
@click.option("--seed", type=int, default=0, help="Repeats what the model draws (0).")
@click.option("--use-firestore-in-datastore-mode", "firestore", is_flag=True, help="As gcloud's: strongly consistent.")
@click.option(
    "--concurrency", default="", help="pessimistic, optimistic or optimistic_with_entity_groups (the model's)."
)
@click.option("--limits", default="", help="datastore_mode, legacy or off (the model's).")
@click.option(
    "--index-file", type=click.Path(path_type=Path), help="index.yaml: have its indexes, and add those queries lack."
)
@click.option("--require-indexes", is_flag=True, help="Refuse queries that lack a composite index, as production does.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Keep all data here (memory only).")
@click.option("--store-on-disk/--no-store-on-disk", default=True, help="As gcloud's: whether --data-dir is used.")
@click.option("--allow-origin", "origins", multiple=True, metavar="ORIGIN", help="A page that may ask; repeatable.")
@click.option("--truth-log", type=click.Path(path_type=Path), help="Append when each commit became visible to whom.")
@click.option("--with-parent", is_flag=True, help="End when standard input ends.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD…]")
def serve(host_port: str | None, command: tuple[str, ...], **flags: Any) -> int:
    """The embedded Datastore emulator on one port: gRPC and HTTP.

    With CMD it is run with the environment set; the emulator stops afterwards, and the exit code is CMD's.
    """
    from consistency import clock
    from consistency.errors import UsageError

    host, port = _split(host_port or ("127.0.0.1:0" if command else "127.0.0.1:8081"))
    if command and flags["with_parent"]:
        raise UsageError("--with-parent watches standard input, which belongs to CMD: leave one of them out")
    rest = flags["project"], flags["truth_log"], flags["origins"], command, flags["with_parent"]
    return clock.run(_serve(Serving(_choose(flags), host, port, *rest)))


def _split(host_port: str) -> tuple[str, int]:
    from consistency.errors import UsageError

    host, separator, port = host_port.rpartition(":")
    if not separator or not port.isdigit() or int(port) > PORT_MAX:
        raise UsageError(f"--host-port {host_port}: write HOST:PORT, such as 127.0.0.1:8081, or :0 for any port")
    return host.strip("[]") or "127.0.0.1", int(port)


def _choose(flags: dict[str, Any]) -> "Settings":
    """The settings that the flags mean; UsageError where they contradict each other."""
    from consistency.emulator.hosting import check_settings
    from consistency.emulator.settings import choose_settings
    from consistency.errors import UsageError

    given = {name: flags[name] for name in PARAMETERS if flags[name] is not None}
    if flags["firestore"] and (own := [name for name in ("model", "lag", *given) if flags[name] is not None]):
        names = " and ".join(f"--{name.replace('_', '-')}" for name in own)
        raise UsageError(
            f"--use-firestore-in-datastore-mode and {names} each choose how consistent the emulator is: name one"
        )
    folder = flags["data_dir"] if flags["store_on_disk"] else None
    try:
        settings = choose_settings(flags["model"], flags["lag"], flags["seed"], **given)
        settings = replace(
            settings,
            concurrency=flags["concurrency"],
            limits=flags["limits"],
            index_file=flags["index_file"],
            require_indexes=flags["require_indexes"],
            data_dir=folder,
        )
        check_settings(settings)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return settings


async def _serve(serving: Serving) -> int:
    from consistency.emulator.hosting import host_emulator
    from consistency.errors import ConsistencyError

    stop = asyncio.Event()
    if not serving.command:
        _stop_on_request(stop, with_parent=serving.with_parent)
    place = serving.settings, serving.host, serving.port, stop, serving.truth_log, serving.allowed_origins
    try:
        async with host_emulator(*place) as hosted:
            _announce(hosted, serving)
            if serving.command:
                return await _run_beside(serving.command, hosted.variables(serving.project))
            await stop.wait()
    except ValueError as error:  # of the data folder: the rest was checked
        raise ConsistencyError(str(error)) from error
    except OSError as error:
        raise ConsistencyError(_explain(error, serving.host, serving.port)) from error
    return 0


def _explain(error: OSError, host: str, port: int) -> str:
    from consistency.processes import find_listener

    address = f"{host}:{port}"
    if error.filename is not None:
        return f"{error.filename} cannot be written: {error.strerror}. Choose another --truth-log."
    # asyncio puts a sentence of its own into strerror; what a resolver says has no number of the system's.
    why = os.strerror(error.errno) if error.errno and error.errno in errno.errorcode else error.strerror
    taken = error.errno == errno.EADDRINUSE and find_listener(port)
    what = f"is in use by pid {taken.pid} ({taken.command})" if taken else f"cannot be listened on: {why}"
    return (
        f"{address} {what}. If an emulator was left there, use it: --host {address}. "
        f"Stop it: curl -X POST http://{address}/shutdown. Any free port: --host-port :0"
    )


def _announce(hosted: "Hosted", serving: Serving) -> None:
    """The lines that a shell can take over, and that whoever started us reads the address from; then what is said."""
    for name, value in hosted.variables(serving.project).items():
        click.echo(f"export {name}={value}", err=bool(serving.command))  # stdout belongs to CMD
    sys.stdout.flush()
    if hosted.service.last_commit is not None:
        click.echo(
            f"{serving.settings.data_dir} is kept: the last commit found is {hosted.service.last_commit}", err=True
        )
    if not hosted.listener.is_local:
        warning = f"warning: other machines can reach {hosted.address}: they can read, change, reset and stop it"
        click.echo(warning, err=True)
    click.echo(START_LINE, err=True)


async def _run_beside(command: tuple[str, ...], variables: dict[str, str]) -> int:
    """Run the command to its end; its exit code, 128 and the signal's number where a signal ended it.

    Ctrl-C in a terminal reaches the command by itself, and what it does then decides.
    """
    try:
        child = await asyncio.create_subprocess_exec(*command, env=os.environ | variables)
    except OSError as error:
        click.echo(f"{command[0]} cannot be run: {error.strerror}", err=True)
        return 127 if isinstance(error, FileNotFoundError) else 126
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    loop.add_signal_handler(signal.SIGTERM, child.terminate)
    code = await child.wait()
    return 128 - code if code < 0 else code


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
