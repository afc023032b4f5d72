"""export, and check of a file: histories for other tools, and other tools' histories for us."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consistency.cli.interruption import keep
from consistency.errors import ConsistencyError, UsageError

if TYPE_CHECKING:  # judging is imported when it is asked for: help must be quick
    from consistency.analysis.judgement import ClaimVerdict
    from consistency.interchange.judging import Judged

Choose = Callable[..., int]  # the exit code of a verdict
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


def check_file(paths: Sequence[Path], model_name: str | None, flags: dict[str, Any], choose: Choose) -> int:
    """Judge the history in the one of `paths`, which another tool wrote; return the exit code."""
    import msgspec

    (path,) = paths
    judged = _judge(path, model_name, flags)
    if flags["as_json"]:
        click.echo(msgspec.json.encode(_summarize(judged)))
    found = [each for each in judged.findings if len(each.anomalies)]
    lines = [_say_claim(each) for each in judged.claims]
    lines += [f"{each.checker}: {each.reason} {each.anomalies[0].explanation}" for each in found]
    for line in [f"{path}: {judged.model}, {len(judged.history):,} operations.", *lines]:
        click.echo(line, err=flags["as_json"])
    return choose(judged.verdict, flags)


def check_files(paths: Sequence[Path], model_name: str | None, flags: dict[str, Any], choose: Choose) -> int:
    """Judge each history of `paths` in a line of its own, and return the exit code of the worst: broken, over what
    could not be read, over «cannot tell». With --json each has an object in a line."""
    import msgspec

    from consistency.analysis.judgement import Verdict

    counts = Counter[str]()
    codes = set()
    for path in paths:
        try:
            judged = _judge(path, model_name, flags)
        except ConsistencyError as error:
            _tell(f"! {path}: {error}", flags)
            counts["not read"] += 1
            codes.add(ConsistencyError.exit_code)
            continue
        if flags["as_json"]:
            click.echo(msgspec.json.encode({"file": str(path), **_summarize(judged)}))
        worst = next(each for each in judged.claims if each.verdict is judged.verdict)
        sign, _, said = _say_claim(worst).partition(" ")
        _tell(f"{sign} {path}: {judged.model}, {len(judged.history):,} operations. {said}", flags)
        counts[judged.verdict.removesuffix("s")] += 1
        codes.add(choose(judged.verdict, flags))
    told = [f"{counts[each]:,} {each}" for each in ("hold", "broken", "cannot tell", "not read") if counts[each]]
    _tell(f"{len(paths):,} histories: {', '.join(told)}.", flags)
    by_badness = (choose(Verdict.BROKEN, flags), ConsistencyError.exit_code, choose(Verdict.CANNOT_TELL, flags), 0)
    return next(code for code in by_badness if code in codes)


def _judge(path: Path, model_name: str | None, flags: dict[str, Any]) -> "Judged":
    from consistency.claim import parse_assertions
    from consistency.interchange.importing import Model
    from consistency.interchange.judging import judge_text

    model = Model(model_name) if model_name else None
    return judge_text(_read(path), model, parse_assertions(flags["assertions"]))


def _say_claim(claim: "ClaimVerdict") -> str:
    from consistency.report.sentences import SIGNS

    return f"{SIGNS[claim.verdict]} {claim.claim}: {claim.verdict}. {claim.reason}"


def _tell(line: str, flags: dict[str, Any]) -> None:
    click.echo(line, err=flags["as_json"])


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
