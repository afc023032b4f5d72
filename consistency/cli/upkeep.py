"""runs, annotate, merge, clean, doctor, init: the commands that look after runs and after the machine."""

from pathlib import Path
from typing import Any

import click
import msgspec

from consistency.cli.options import json_option

out_option = click.option("--out", type=click.Path(path_type=Path), default="runs", help="Folder of all runs (runs).")


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, help="How many of the newest (20).")
@out_option
@json_option
def runs(limit: int, out: Path, as_json: bool) -> int:
    """The runs there are, newest first: id, target, entities, verdict."""
    from consistency.upkeep.listing import list_runs

    lines = list_runs(out, limit)
    if as_json:
        click.echo(msgspec.json.encode(lines))
        return 0
    run_width = max((len(line.run) for line in lines), default=0)
    target_width = max((len(line.target) for line in lines), default=0)
    for line in lines:
        entities = "" if line.entities is None else f"{line.entities:,} entities"
        click.echo(f"{line.run:{run_width}}  {line.target:{target_width}}  {entities:>16}  {line.verdict}".rstrip())
    return 0


@click.command()
@click.argument("run_name", metavar="RUN")
@click.argument("text")
@click.option("--at", help="When: 90s after the run's start, or a time such as 2026-01-31T12:00:00Z (now).")
@out_option
def annotate(run_name: str, text: str, at: str | None, out: Path) -> int:
    """Mark an instant of RUN with TEXT, in every chart over the run from the next report on."""
    from consistency.annotations import Annotation, append_annotation, clean_text
    from consistency.archive import find_run
    from consistency.durations import NS_PER_S
    from consistency.errors import UsageError
    from consistency.upkeep.instants import place_on_run

    archive = find_run(run_name, out)
    _, manifest = archive.load()
    if at is None and manifest.virtual:
        raise UsageError("This run was on simulated time, in which now has no place. Say where: --at 30s")
    at_ns = place_on_run(at, manifest)
    append_annotation(archive.annotations, Annotation(at_ns, clean_text(text)))
    after = f"{(at_ns - manifest.start_ns) / NS_PER_S:,.3f} s after the first write was due"
    click.echo(f"{archive.folder}: noted at {after}. Draw it: consistency report {archive.folder}")
    return 0


@click.command()
@click.argument("run_names", metavar="RUN...", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), help="The joined folder (the first one's with -merged).")
@click.option("--clock-bound", help="How far apart the hosts' clocks were at most, such as 50ms.")
@json_option
def merge(run_names: tuple[str, ...], out: Path | None, clock_bound: str | None, as_json: bool) -> int:
    """Join the folders that several hosts have of one run. Merging again changes nothing.

    Clocks are laid on the writer's by the service's stamps, where it gave some; with --clock-bound by the wall clocks.
    """
    from consistency.archive import find_run
    from consistency.durations import format_duration
    from consistency.upkeep.merging import merge as merge_runs

    bound_ns = _parse_duration("--clock-bound", clock_bound) if clock_bound else None
    merged = merge_runs([find_run(name, Path("runs")) for name in run_names], out, bound_ns)
    if as_json:
        counts = {name: getattr(merged, name) for name in ("histories", "duplicates", "clock_bound_ns", "told")}
        click.echo(msgspec.json.encode({"folder": str(merged.archive.folder), **counts}))
        return 0
    bound_ns = merged.clock_bound_ns
    clocks = f"clocks within {format_duration(bound_ns)}" if bound_ns else "one clock"
    click.echo(
        f"{merged.archive.folder}: {merged.histories:,} histories of {len(run_names):,} folders joined, "
        f"{merged.duplicates:,} duplicate events dropped, {clocks}."
    )
    for sentence in merged.told:
        click.echo(sentence)
    click.echo(f"Judge it: consistency report {merged.archive.folder}")
    return 0


@click.command()
@click.option("--run", help="Only of this run: its folder or id.")
@click.option("--project", help="Only entities of this live project.")
@click.option("--older-than", default="0", help="Only of runs that began so long ago, such as 1d (0).")
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@out_option
@json_option
def clean(run: str | None, project: str | None, older_than: str, dry_run: bool, out: Path, as_json: bool) -> int:
    """Remove what crashed runs left behind: containers, emulators, entities of live projects."""
    from consistency.archive import find_run
    from consistency.upkeep.cleaning import Scope, name_run
    from consistency.upkeep.cleaning import clean as clean_runs

    named = name_run(find_run(run, out).folder) if run else None
    sweep = clean_runs(out, Scope(named, project, _parse_duration("--older-than", older_than)), dry_run=dry_run)
    counted = [(sweep.containers, "containers"), (sweep.processes, "emulators"), (sweep.entities, "entities")]
    of_runs = f" of {sweep.runs:,} live runs" if sweep.runs else ""
    verb = "would be removed" if dry_run else "removed"
    if as_json:
        click.echo(msgspec.json.encode(sweep))
        return 1 if sweep.troubles else 0
    click.echo(", ".join(f"{count:,} {what}" for count, what in counted) + f"{of_runs} {verb}.")
    for trouble in sweep.troubles:
        click.echo(trouble, err=True)
    return 1 if sweep.troubles else 0


@click.command()
@click.option("--target", default="embedded", help="embedded, google, docker or live (embedded).")
@out_option
@json_option
def doctor(target: str, out: Path, as_json: bool) -> int:
    """What measuring needs of this machine, checked, with one fix for each thing that fails."""
    from consistency.upkeep.doctor import examine

    checks = examine(_parse_target(target), out)
    if as_json:
        click.echo(msgspec.json.encode(checks))
    for check in () if as_json else checks:
        sign = "✓" if not check.fix else "✗" if check.needed else "–"
        click.echo(f"{sign} {check.name}: {check.told}" + (f". {check.fix}" if check.fix else ""))
    return 0 if all(check.passed for check in checks) else 1


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=".")
@click.option("--example", default="first", help="first, slo, migration or regions (first).")
def init(folder: Path, example: str) -> int:
    """Write a commented plan to begin with."""
    from consistency.upkeep.examples import write_example

    click.echo(write_example(folder, example))
    return 0


def _parse_duration(flag: str, text: str) -> int:
    from consistency.durations import parse_duration_ns
    from consistency.errors import UsageError

    try:
        return parse_duration_ns(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def _parse_target(text: str) -> Any:
    from consistency.errors import UsageError
    from consistency.target import Backend

    try:
        return Backend(text)
    except ValueError as error:
        raise UsageError(f'--target {text}: "{text}" is not one of {", ".join(Backend)}') from error
