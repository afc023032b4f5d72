"""The flags that guard a live project, and what becomes of them before and during a run."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def safety_options(command: Command) -> Command:
    """The flags that only a live project needs."""
    options = [
        click.option("--confirm-project", envvar="CONSISTENCY_CONFIRM_PROJECT", help="The live project's id, again."),
        click.option("--max-cost", type=float, default=0.05, help="US dollars that a live run may cost (0.05)."),
        click.option("--prices", type=click.Path(path_type=Path), help="Prices of calls, in the place of ours (TOML)."),
        click.option("--yes", is_flag=True, help="Never ask; it does not stand in for --confirm-project."),
        click.option("--keep", is_flag=True, help="Leave the entities in the live project."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def require_safety(plan: Any, flags: dict[str, Any], reading: Any = None) -> None:
    """Refuse a live run that nobody consented to; at a terminal, ask. `reading`: what a reader alone takes."""
    from consistency.guard import Consent, require_consent
    from consistency.target import Backend

    if plan.target.backend is not Backend.LIVE:
        return
    typed = flags["confirm_project"]
    if typed is None and sys.stdin.isatty() and not flags["yes"]:
        deed = "run writes to" if reading is None else "reads"
        typed = click.prompt(f"Type the id of the project that this {deed} ({plan.target.project})", err=True)
    require_consent(plan, Consent(typed, flags["max_cost"]), _load_prices(flags["prices"]), reading)


def guard_order(order: Any, flags: dict[str, Any]) -> Any:
    """The order with a meter for its calls, where they cost something."""
    from consistency.guard import Meter
    from consistency.target import Backend

    if order.plan.target.backend is not Backend.LIVE:
        return order
    return replace(order, meter=Meter(_load_prices(flags["prices"]), flags["max_cost"]), keep=flags["keep"])


def require_store(plan: Any, flags: dict[str, Any]) -> None:
    """Refuse to keep a store that is not ours, or that is repeated from its seed anyway."""
    from consistency.errors import UsageError
    from consistency.target import Backend

    if flags["keep_store"] and (plan.target.backend is not Backend.EMBEDDED or plan.virtual_time):
        raise UsageError("--keep-store is for the embedded emulator on the wall clock. Leave it out.")


def keep_store(order: Any, flags: dict[str, Any]) -> Any:
    """The order with the store's data kept, where that was asked for."""
    return replace(order, keep_store=flags["keep_store"])


def _load_prices(path: Path | None) -> Any:
    from consistency.prices import PUBLISHED, load_prices

    return load_prices(path or PUBLISHED)
