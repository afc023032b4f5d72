"""export, and check of a file: histories for other tools, and other tools' histories for us."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from consistency.cli.interruption import keep
from consistency.errors import ConsistencyError, UsageError

MODELS = ("set-full", "cas-register", "rw-register", "list-append")
as_option = click.option("--as", "model_name", type=click.Choice(MODELS), help="What the history is about.")


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option("--to", "formats", required=True, help="Of csv, parquet, edn, json, watca, hgrm; several with commas.")
@as_option
@click.option("--out", type=click.Path(path_type=Path), default="runs", help="Folder of all runs (runs).")
def export(run_name: str, formats: str, model_name: str | None, out: Path) -> int:
    """Write RUN's history for other tools, into its folder. RUN is a folder, an id or "latest"."""
    from consistency.archive import find_run

    archive = find_run(run_name, out)
    with keep(archive.folder):
        from consistency.flow import export_run

        chosen = tuple(word.strip() for word in formats.split(",") if word.strip())
        for path in export_run(archive, chosen, model_name):
            click.echo(path)
    return 0


def check_file(path: Path, model_name: str | None, flags: dict[str, Any], choose: Callable[..., int]) -> int:
    """Judge the history in `path`, which another tool wrote; return the exit code."""
    import msgspec

    from consistency.claim import parse_assertions
    from consistency.interchange.importing import Model
    from consistency.interchange.judging import judge_text
    from consistency.report.sentences import SIGNS

    model = Model(model_name) if model_name else None
    judged = judge_text(_read(path), model, parse_assertions(flags["assertions"]))
    if flags["as_json"]:
        click.echo(msgspec.json.encode(_summarize(judged)))
    lines = [f"{SIGNS[each.verdict]} {each.claim}: {each.verdict}. {each.reason}" for each in judged.claims]
    found = [each for each in judged.findings if len(each.anomalies)]
    lines += [f"{each.checker}: {each.reason} {each.anomalies[0].explanation}" for each in found]
    for line in [f"{path}: {judged.model}, {len(judged.history):,} operations.", *lines]:
        click.echo(line, err=flags["as_json"])
    return choose(judged.verdict, flags)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text: byte {error.start} is not UTF-8.") from error
    except OSError as error:
        raise ConsistencyError(f"{path} cannot be read: {error.strerror}.") from error


def _summarize(judged: Any) -> dict[str, Any]:
    findings = {
        each.checker: {
            "verdict": str(each.verdict),
            "anomalies": len(each.anomalies),
            "opportunities": each.opportunities,
            "reason": each.reason,
        }
        for each in judged.findings
    }
    return {
        "model": str(judged.model),
        "operations": len(judged.history),
        "verdict": str(judged.verdict),
        "findings": findings,
    }
