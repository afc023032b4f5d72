"""Options that several commands share, and how flags become plan keys: a flag has the name of the key that it sets."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from consistency.errors import UsageError
from consistency.parameters import MODELS, PARAMETERS

Command = TypeVar("Command", bound=Callable[..., Any])
FLAG_KEYS = {
    "entities": "entities",
    "rate": "rate",
    "deadline": "deadline",
    "seed": "seed",
    "channel": "channel",
    "virtual_time": "virtual_time",
    "client": "client",
    "target": "target.backend",
    "host": "target.host",
    "project": "target.project",
    "database": "target.database",
    "namespace": "target.namespace",
    "endpoint": "target.endpoint",
    "model": "target.model",
    "lag": "target.lag",
    "apply_a": "target.apply_a",
    "apply_b": "target.apply_b",
    "consistency": "target.consistency",
    "emulator": "target.emulator",
    "image": "target.image",
}
json_option = click.option("--json", "as_json", is_flag=True, help="Only JSON on stdout; everything else on stderr.")
plan_argument = click.argument("plan_path", metavar="PLAN", type=click.Path(path_type=Path))
FORMATS = ("html", "md", "json", "csv", "junit")


def plan_options(command: Command) -> Command:
    """The flags that set plan keys, and `--set` for all others."""
    options = [
        click.option("-n", "--entities", type=int, help="Entities of each probe's stream."),
        click.option("--rate", help="Entities per time and stream, such as 1/s."),
        click.option("--duration", help="How long to write, such as 10m: so many entities as the rate gives."),
        click.option("--deadline", help="How long each entity is searched for (30s)."),
        click.option("--seed", type=int, help="Repeat a run's names and planted lags (random, and recorded)."),
        click.option("--client", help="async (one probe is one request) or library (what an application sees)."),
        click.option("--target", help="embedded, google, docker or live (embedded)."),
        click.option("--host", help="HOST:PORT of an emulator that runs already."),
        click.option("--project", help="Project id that requests carry."),
        click.option("--database", help="Named database."),
        click.option("--namespace", help="Namespace of all entities (consistency-<run>)."),
        click.option("--endpoint", help="HOST:PORT of the live service, where it is not the public one."),
        click.option("--model", help=f"Model of the embedded emulator: {', '.join(MODELS)}."),
        click.option("--lag", help="Plant a lag of queries: 250ms, lognormal:200ms,0.8, hrd-published, ..."),
        click.option("--apply-a", help="Delay until entities are applied (0; with --apply-b in the place of --lag)."),
        click.option("--apply-b", help="Further delay until indexes are applied (0)."),
        click.option("--consistency", type=float, help="Share of draws that apply a write, as gcloud's (0.9)."),
        click.option("--emulator", help="legacy, legacy_firestore or firestore, of --target google (legacy)."),
        click.option("--image", help="Image of --target docker (Google's emulators)."),
        click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set any key of the plan."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def parameter_options(command: Command) -> Command:
    """A flag for each parameter of the emulator's models, under its own name; None where it is not given."""
    for name, parameter in reversed(PARAMETERS.items()):
        flag, kind = f"--{name.replace('_', '-')}", type(parameter.default)
        form = f"{flag}/--no-{flag[2:]}" if kind is bool else flag
        text = f"{parameter.text.rstrip('.')} ({parameter.default})." if parameter.default != "" else parameter.text
        command = click.option(form, name, type=None if kind is bool else kind, default=None, help=text)(command)
    return command


def output_options(command: Command) -> Command:
    """Where results go and how they are shown."""
    options = [
        click.option("--out", type=click.Path(path_type=Path), default="runs", help="Folder of all runs (runs)."),
        click.option("--assert", "assertions", multiple=True, metavar="CLAIM", help="A further claim; repeatable."),
        click.option("--format", "formats", default="html,md,json,csv", help="Of html, md, json, csv, junit."),
        click.option("--unknown-is", type=click.Choice(["pass", "fail"]), help="What a claim is that cannot be told."),
        click.option("--exit-code", type=click.IntRange(0, 255), default=3, help="Code of a broken claim (3)."),
        click.option("--open", "open_page", is_flag=True, help="Open the page when it is there."),
        json_option,
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def collect_overrides(flags: Mapping[str, Any], settings: Iterable[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Plan keys from flags and `--set`, and what each came from; `--host` alone means an emulator that runs already."""
    from consistency.plan_file import parse_setting

    given = [name for name in FLAG_KEYS if flags.get(name) is not None]
    overrides = {FLAG_KEYS[name]: flags[name] for name in given}
    sources = {FLAG_KEYS[name]: f"--{name.replace('_', '-')}" for name in given}
    for key, value in map(parse_setting, settings):
        overrides[key], sources[key] = value, "--set"
    if "target.host" in overrides and "target.backend" not in overrides:
        overrides["target.backend"], sources["target.backend"] = "attached", sources["target.host"]
    return overrides, sources


def load(plan_path: Path, flags: Mapping[str, Any]) -> Any:
    """The plan of a command's flags. The claims of its `--assert` are among its claims, so that whoever judges the run
    later judges them too."""
    from consistency.claim import parse_assertions
    from consistency.plan_file import ProjectLackingError, load_plan

    overrides, sources = collect_overrides(flags, flags["settings"])
    try:
        plan = load_plan(plan_path, overrides, sources=sources)
    except ProjectLackingError as error:
        raise UsageError(f"{error} {_hint_project()}") from error
    if flags.get("duration") is not None:
        overrides["entities"] = _count_entities(flags, plan)
        sources["entities"] = "--duration"
        plan = load_plan(plan_path, overrides, sources=sources)
    return plan.claiming(parse_assertions(flags.get("assertions", ()), {*plan.probes, *plan.unsupported}))


def _hint_project() -> str:
    from consistency.backends.credentials import find_gcloud_project

    project = find_gcloud_project()
    current = f'gcloud\'s current project is "{project}"; pass it explicitly if that is the one.'
    return current if project else "No project is taken for granted: type its id."


def _count_entities(flags: Mapping[str, Any], plan: Any) -> int:
    """How many entities of a stream are due within `--duration` at the plan's rate."""
    from consistency.durations import NS_PER_S, parse_duration_ns

    if flags.get("entities") is not None:
        raise UsageError("--duration and --entities each say how many: name one.")
    try:
        return int(plan.rate_per_s * parse_duration_ns(flags["duration"]) / NS_PER_S)
    except ValueError as error:
        raise UsageError(f"--duration: {error}") from error


def parse_formats(text: str) -> tuple[str, ...]:
    """("html", "md") of "html,md"."""
    formats = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in formats:
        if word not in FORMATS:
            raise UsageError(f'--format {text}: "{word}" is not one of {", ".join(FORMATS)}')
    return formats
