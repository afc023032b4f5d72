"""Watching a run: what makes its one observer, of the progress that is shown and the metrics that are served.

An order comes in, an observer goes out, or None where nobody looks: then the run does not even count.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from consistency.cli.log import say


def _listen(context: click.Context, _: click.Parameter, port: int | None) -> Any:
    """The page, before anything of the run is there: a port that is taken must leave nothing behind."""
    if port is None:
        return None
    from consistency.cli.metrics import Metrics

    metrics = Metrics(port)
    context.call_on_close(metrics.close)
    say(f"metrics {metrics.address}")
    return metrics


metrics_option = click.option(
    *("--prom-port", "metrics"),
    type=click.IntRange(0, 65_535),
    callback=_listen,
    help="Serve metrics for Prometheus on this port of 127.0.0.1 (0: any).",
)


def require_wall_clock(plan: Any, flags: dict[str, Any]) -> None:
    """Refuse metrics of simulated time, which is over before anybody scrapes it."""
    from consistency.errors import UsageError

    if flags["metrics"] is not None and plan.virtual_time:
        raise UsageError("--prom-port is for runs on the wall clock. Leave it out, or --virtual-time.")


@contextlib.contextmanager
def watch(order: Any, flags: dict[str, Any], earlier: Sequence[Path] = ()) -> Iterator[Any]:
    """The observer of the run, or None. What is shown ends with the context, and counts what the `earlier` histories
    hold of a run that goes on."""
    from consistency.cli.live import Picture, show_progress
    from consistency.cli.tally import Tally

    say(f"target  {_name_target(order.plan.target)}   run {order.run}")
    shown = not flags["quiet"]
    if order.plan.virtual_time or not (shown or flags["metrics"]):
        yield None
        return
    tally = Tally(order.plan)
    for path in filter(Path.exists, earlier):
        from consistency.event_file import read_batches

        tally.recall(event for reading in read_batches(path) for event in reading.events)
    if flags["metrics"]:
        flags["metrics"].show(order.run, tally)
    with show_progress(Picture(order.plan, order.run, tally), sys.stderr) if shown else contextlib.nullcontext():
        yield tally.observe


def _name_target(target: Any) -> str:
    from consistency.backends.opening import name_source

    if target.host is None:
        planted = ({"lag": target.lag} if target.lag is not None else {}) | target.given
        return ", ".join([target.backend, *(f"{name} {value}" for name, value in planted.items())])
    return f"the emulator at {target.host} ({name_source(target.host)})"
