"""The flags by which hosts agree on a run without a channel, and the command that one host prints for the others.

What was typed comes in; the start as an instant and an order with it go out.
"""

import os
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from consistency.cli.log import say
from consistency.cli.options import FLAG_KEYS

Command = TypeVar("Command", bound=Callable[..., Any])
_OWN = {"seed", "channel", "virtual_time", "host"}


def appointment_options(command: Command) -> Command:
    """When a run starts whose hosts have no channel, and how far off this host's clock is at most."""
    options = [
        click.option("--start", help="Agreed start for readers on other hosts: 2026-01-31T12:00:00Z; 30s from now."),
        click.option("--clock-bound", help="How far off this host's clock is at most (as its kernel knows)."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def parse_start_ns(text: str) -> int:
    """The instant (ns, epoch) that --start names; "30s" is the next whole second after half a minute from now."""
    from consistency.clock import wall_ns
    from consistency.durations import NS_PER_S, parse_duration_ns
    from consistency.errors import UsageError
    from consistency.upkeep.instants import MOST_NS, parse_wall_ns

    now_ns = wall_ns()
    try:
        start_ns = -(-(now_ns + parse_duration_ns(text)) // NS_PER_S) * NS_PER_S
    except ValueError:
        start_ns = parse_wall_ns("--start", text)
    if abs(start_ns - now_ns) > MOST_NS:
        raise UsageError(f"--start {text} is more than a hundred years from now.")
    return start_ns


def find_bound_ns(text: str | None) -> int | None:
    """How far off this host's clock is at most: what --clock-bound says, else what the kernel knows."""
    from consistency.durations import parse_duration_ns
    from consistency.errors import UsageError
    from consistency.synchronization import bound_wall_clock_ns

    if text is None:
        return bound_wall_clock_ns()
    try:
        return parse_duration_ns(text)
    except ValueError as error:
        raise UsageError(f"--clock-bound: {error}") from error


def require_future(start_wall_ns: int) -> None:
    """Refuse a start that is over: the first writes would be missed."""
    from consistency.clock import wall_ns
    from consistency.errors import UsageError

    if start_wall_ns <= wall_ns():
        raise UsageError(f"--start {write_start(start_wall_ns)} is over. Choose a later one, such as --start 30s.")


def say_command(plan_path: Path, order: Any, flags: Mapping[str, Any]) -> None:
    """What to type on other hosts, with the plan's file there under the same name. Variables made the plan, too."""
    from consistency.plan_layers import list_variables

    said = [f"{name}={os.environ[name]}" for name in list_variables(os.environ)]
    words = [
        *(["env", *said] if said else []),
        "consistency",
        "read",
        str(plan_path),
        "--run",
        order.run,
        "--seed",
        str(order.seed),
    ]
    words += ["--start", write_start(order.start_wall_ns)]
    for name in FLAG_KEYS:
        if flags.get(name) is not None and name not in _OWN:
            words += [f"--{name.replace('_', '-')}", str(flags[name])]
    words += [f"--duration={flags['duration']}"] if flags["duration"] else []
    words += [word for setting in flags["settings"] for word in ("--set", setting)]
    host = order.plan.target.host
    if host is not None:
        words += ["--host", "HOST" + host[host.rindex(":") :] if _is_own(host) else host]
    say(f"On other hosts: {shlex.join(words)} --region NAME")


def say_written(finished: Any) -> int:
    """What to do next where all readers are elsewhere: nothing can be judged before their folders are here."""
    from consistency.errors import ConsistencyError, StoppedError

    folder = finished.archive.folder
    if finished.trouble:
        say(finished.trouble)
    say(f"Written: {folder}. When the readers' folders are here: consistency merge {folder} FOLDER...")
    if finished.trouble:
        return ConsistencyError.exit_code
    return StoppedError.exit_code if finished.stopped else 0


def write_start(start_wall_ns: int) -> str:
    """An instant as --start takes it."""
    start = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=start_wall_ns // 1_000)
    return start.isoformat().replace("+00:00", "Z")


def _is_own(host: str) -> bool:
    """Whether other hosts cannot reach it by that name."""
    return host.rpartition(":")[0] in {"localhost", "127.0.0.1", "0.0.0.0", "[::1]", ""}  # noqa: S104 - compared, not bound
