"""run, write, read: the commands that measure."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from consistency.cli.appointment import (
    appointment_options,
    find_bound_ns,
    parse_start_ns,
    require_future,
    say_command,
    say_written,
    write_start,
)
from consistency.cli.interruption import keep
from consistency.cli.log import say
from consistency.cli.options import load, output_options, parse_formats, plan_argument, plan_options
from consistency.cli.planning import print_forecast, print_warnings
from consistency.cli.safety import guard_order, keep_store, require_safety, require_store, safety_options
from consistency.cli.watching import metrics_option, require_wall_clock, watch

QUEUE_WAIT_S = 300.0
run_option = click.option("--run", "name", help="Name of the run's folder (the time it started).")
keep_store_option = click.option("--keep-store", is_flag=True, help="Keep the store's data, so that resume can go on.")
region_option = click.option(
    "--region", default="", help="Where this process runs, such as eu-1; the report compares regions."
)
queue_option = click.option("--queue", type=click.Path(path_type=Path), help="Queue file (OUT/EXPERIMENT/queue.jsonl).")


@click.command()
@plan_argument
@plan_options
@click.option("--channel", help="memory (in process) or file (a queue file).")
@click.option("--virtual-time", is_flag=True, default=None, help="Simulated clock, embedded emulator in process.")
@click.option("--no-report", is_flag=True, help="Only the history and the verdict.")
@keep_store_option
@click.option("--dry-run", is_flag=True, help="Only tell what the run would do, as the command plan.")
@safety_options
@metrics_option
@run_option
@output_options
def run(plan_path: Path, name: str | None, no_report: bool, dry_run: bool, **flags: Any) -> int:
    """Write, probe, judge and report, in one go."""
    formats = () if no_report else parse_formats(flags["formats"])
    plan = load(plan_path, flags)
    if dry_run:
        print_forecast(plan, flags["prices"], as_json=flags["as_json"])
        return 0
    print_warnings(plan)
    require_wall_clock(plan, flags)
    require_safety(plan, flags)
    require_store(plan, flags)
    from consistency import flow  # half a second: a mistake is told before

    order = keep_store(guard_order(flow.prepare(plan, plan_path.stem, flags["out"], name, say), flags), flags)
    with watch(order, flags) as observe:
        finished = flow.measure(order, plan_path.stem, observe)
    return _tell(finished, formats, flags)


@click.command()
@plan_argument
@plan_options
@queue_option
@appointment_options
@region_option
@keep_store_option
@safety_options
@metrics_option
@run_option
@output_options
def write(plan_path: Path, queue: Path | None, name: str | None, region: str, **flags: Any) -> int:
    """The writer alone. It judges and reports when its readers have ended or the deadline has passed.

    With --start, readers on other hosts need no queue file: it prints what to type there.
    """
    formats = parse_formats(flags["formats"])
    plan = load(plan_path, flags | {"channel": "file"})
    start_ns = parse_start_ns(flags["start"]) if flags["start"] else None
    bound_ns = find_bound_ns(flags["clock_bound"])
    if start_ns is not None:
        from consistency.workers.expectation import require_readable

        require_readable(plan)
        require_future(start_ns)
    require_safety(plan, flags)
    require_store(plan, flags)
    _check_region(region)
    from consistency import flow

    order = keep_store(guard_order(flow.prepare(plan, plan_path.stem, flags["out"], name, say), flags), flags)
    order = replace(order, region=region, start_wall_ns=start_ns, wall_bound_ns=bound_ns)
    if start_ns is not None:
        say_command(plan_path, order, flags)
    queue = queue or flags["out"] / plan_path.stem / "queue.jsonl"
    say(f"queue {queue}")
    with watch(order, flags) as observe:
        finished = flow.write(order, plan_path.stem, queue, observe)
    if start_ns is not None and not flow.list_readers(finished.archive):
        return say_written(finished)
    return _tell(finished, formats, flags)


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option("--no-report", is_flag=True, help="Only the history and the verdict.")
@metrics_option
@output_options
def resume(run_name: str, no_report: bool, **flags: Any) -> int:
    """Go on with RUN where it was killed, or its store was. RUN is a folder, an id or "latest"."""
    from consistency import flow
    from consistency.archive import find_run
    from consistency.claim import parse_assertions
    from consistency.upkeep.resuming import resume as prepare_again

    formats = () if no_report else parse_formats(flags["formats"])
    order = prepare_again(find_run(run_name, flags["out"]), say)
    claims = parse_assertions(flags["assertions"], order.plan.probes)
    order = replace(order, plan=order.plan.claiming(claims))
    own = order.archive.histories("writer" if order.queue else "")
    with watch(order, flags, own) as observe:
        experiment = order.resumed.experiment if order.resumed else ""
        if order.queue:
            finished = flow.write(order, experiment, order.queue, observe)
        else:
            finished = flow.measure(order, experiment, observe)
    return _tell(finished, formats, flags)


@click.command()
@plan_argument
@plan_options
@queue_option
@appointment_options
@region_option
@safety_options
@metrics_option
@click.option("--run", "name", help="Id or folder's name of the only run to join (whichever begins).")
@click.option("--process", help="Name of this reader (the first free of reader-1, reader-2, ...).")
@click.option("--wait", "wait_s", type=float, default=QUEUE_WAIT_S, help="Seconds to wait for a writer (300).")
@click.option("--out", type=click.Path(path_type=Path), default="runs", help="Folder of all runs (runs).")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def read(plan_path: Path, queue: Path | None, process: str | None, region: str, **flags: Any) -> int:
    """One reader alone. Restarted, it goes on where its history ends.

    With --start it is on another host than the writer: it needs no queue file, but the --run, --seed and --start that
    `write --start` prints, and writes a folder of its own, for `merge`.
    """
    _check_region(region)
    plan = load(plan_path, flags | {"channel": "file"})
    _require_one_way(queue, flags)
    if flags["start"]:
        return _read_apart(plan, plan_path.stem, process, region, flags)
    from consistency import flow

    queue = queue or flags["out"] / plan_path.stem / "queue.jsonl"
    header = flow.await_header(queue, flags["wait_s"], flags["name"], say)
    order = replace(flow.join(header, plan), region=region, tell=say)
    with (
        flow.claim_process(order.archive, process) as own,
        watch(order, flags, [order.archive.history(own)]) as observe,
    ):
        say(f"{own} reads {order.run}")
        stopped = flow.read(order, header, queue, own, observe)
    return 130 if stopped else 0


def _require_one_way(queue: Path | None, flags: dict[str, Any]) -> None:
    """A reader joins by a queue file or by the schedule."""
    from consistency.errors import UsageError

    if queue and flags["start"]:
        raise UsageError("--queue is for readers on the writer's host, --start for those on others: leave one out.")
    if flags["clock_bound"] and not flags["start"]:
        raise UsageError("--clock-bound is for readers on other hosts: give --start too, or leave it out.")


def _read_apart(plan: Any, experiment: str, process: str | None, region: str, flags: dict[str, Any]) -> int:
    """A reader whose host has no channel to the writer's."""
    from consistency.errors import UsageError

    if flags["name"] is None or plan.seed is None:
        lacking = "--run" if flags["name"] is None else "--seed"
        raise UsageError(f"--start needs {lacking} too: the run's names follow from it. `write --start` prints all.")
    start_ns, bound_ns = parse_start_ns(flags["start"]), find_bound_ns(flags["clock_bound"])
    from consistency.workers.expectation import draw_up_calls, require_readable

    require_readable(plan)
    require_safety(plan, flags, draw_up_calls(plan, bound_ns))
    from consistency import apart, flow

    order = apart.prepare(plan, flags["name"], experiment, flags["out"], region)
    order = replace(guard_order(order, flags), start_wall_ns=start_ns, wall_bound_ns=bound_ns)
    with (
        flow.claim_process(order.archive, process or apart.name_process(region)) as own,
        watch(order, flags, [order.archive.history(own)]) as observe,
    ):
        since = write_start(start_ns)
        say(f"{own} reads {order.run} from {since} on by the schedule alone, into {order.archive.folder}")
        stopped = apart.read_apart(order, own, observe)
    say(f"Bring it to the writer's host: consistency merge FOLDER-OF-THE-WRITER {order.archive.folder}")
    return 130 if stopped else 0


def _check_region(region: str) -> None:
    from consistency.errors import UsageError

    if region and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", region):
        raise UsageError(f"--region {region}: take letters, digits, - and _, such as eu-1.")


def _tell(finished: Any, formats: tuple[str, ...], flags: dict[str, Any]) -> int:
    with keep(finished.archive.folder):
        from consistency.cli.telling import tell

        return tell(finished.archive, (), formats, flags, stopped=finished.stopped, trouble=finished.trouble)
