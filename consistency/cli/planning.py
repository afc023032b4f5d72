"""plan: what a run would do, before it does anything; and the same in front of a run."""

from pathlib import Path
from typing import Any

import click

from consistency.cli.log import say
from consistency.cli.options import json_option, load, plan_argument, plan_options


@click.command()
@plan_argument
@plan_options
@click.option("--assert", "assertions", multiple=True, metavar="CLAIM", help="A further claim; repeatable.")
@click.option("--prices", type=click.Path(path_type=Path), help="Prices of calls, in the place of ours (TOML).")
@json_option
def plan(plan_path: Path, prices: Path | None, as_json: bool, **flags: Any) -> int:
    """Check PLAN; tell its schedule, calls, cost, and what its entities can carry. Nothing is written."""
    loaded = load(plan_path, flags)
    print_forecast(loaded, prices, as_json=as_json)
    return 0


def print_forecast(loaded: Any, prices: Path | None, *, as_json: bool) -> None:
    """The forecast on stdout, in lines or as JSON; its warnings on stderr."""
    import msgspec

    from consistency.prices import PUBLISHED, load_prices
    from consistency.upkeep.forecast import forecast, number_forecast

    priced = load_prices(prices or PUBLISHED)
    if as_json:
        click.echo(msgspec.json.encode(number_forecast(loaded, priced)))
    else:
        click.echo("\n".join(forecast(loaded, priced)))
    print_warnings(loaded)


def print_warnings(loaded: Any) -> None:
    """What the target lacks and what the plan's entities cannot decide, on stderr. Without a claim about a quantile
    scipy is not imported."""
    for action, why in loaded.unsupported.items():
        say(f"warning: {action} is left out: {why}.")
    if any(claim.quantile is not None for claim in loaded.parsed_claims):
        from consistency.upkeep.forecast import warn_too_fine

        for line in warn_too_fine(loaded):
            say(line)
