"""compare: the command that holds a second run against a first."""

import webbrowser
from pathlib import Path
from typing import Any

import click
import msgspec

from consistency.cli.options import json_option
from consistency.cli.upkeep import out_option


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.argument("more", metavar="[C...]", nargs=-1)
@click.option("--fail-if", "limits", multiple=True, metavar="LIMIT",
              help="Such as 'global_query.p99 > +20%': exit 3 where B is surely worse; repeatable.")  # fmt: skip
@click.option("--open", "open_page", is_flag=True, help="Open the page when it is there.")
@out_option
@json_option
def compare(first: str, second: str, more: tuple[str, ...], limits: tuple[str, ...], **flags: Any) -> int:
    """How B differs from A: quantile by quantile, with intervals. A and B are folders, ids or "latest". Three runs or
    more are shown side by side."""
    from consistency.analysis.changes import parse_change_limit
    from consistency.archive import find_run
    from consistency.errors import UsageError

    if more:
        return _show((first, second, *more), limits, flags)
    try:
        parsed = [parse_change_limit(text) for text in limits]
    except ValueError as error:
        raise UsageError(f"--fail-if: {error}") from error
    pair, paths = _compare(find_run(first, flags["out"]), find_run(second, flags["out"]), parsed)
    return _tell(pair, paths, flags)


def _show(names: tuple[str, ...], limits: tuple[str, ...], flags: dict[str, Any]) -> int:
    from consistency.archive import find_run
    from consistency.errors import UsageError
    from consistency.flow import judge_run
    from consistency.report.material import Material
    from consistency.report.side_by_side import say_rows, write_side_by_side
    from consistency.report.summary import summarize

    if limits:
        raise UsageError("--fail-if holds a second run against a first: name two runs.")
    judged = [judge_run(find_run(name, flags["out"])) for name in names]
    materials = [
        Material(each.plan, each.manifest, each.judgement, each.calibration, each.manifest.experiment)
        for each in judged
    ]
    path = write_side_by_side(materials, judged[-1].archive.folder)
    if flags["as_json"]:
        click.echo(msgspec.json.encode([summarize(each) for each in materials]))
    for line in (*say_rows(materials), f"Report: {path}"):
        click.echo(line, err=flags["as_json"])
    if flags["open_page"]:
        webbrowser.open(path.resolve().as_uri())
    return 0


def _compare(first: Any, second: Any, limits: Any) -> tuple[Any, dict[str, Path]]:
    from consistency.analysis.two_runs import compare_judgements
    from consistency.flow import judge_run
    from consistency.report.comparison import write_comparison
    from consistency.report.pairs import Pair

    one, other = judge_run(first), judge_run(second)
    found = compare_judgements(one.judgement, other.judgement, other.manifest.seed, limits)
    pair = Pair((one.plan, other.plan), (one.manifest, other.manifest), found)
    return pair, write_comparison(pair, first, second)


def _tell(pair: Any, paths: dict[str, Path], flags: dict[str, Any]) -> int:
    from consistency.analysis.judgement import Verdict
    from consistency.cli.telling import EXIT_CODES
    from consistency.report.pairs import make_rows, note_pair, say_pair
    from consistency.report.sentences import SIGNS

    if flags["as_json"]:
        click.echo(paths["json"].read_bytes(), nl=False)
    lines = [
        *say_pair(pair),
        *(f"{row[0]} {row[1]}: {row[2]} → {row[3]}; {row[6] or f'{row[4]}; {row[5]}'}" for row in make_rows(pair)),
    ]
    lines += [f"{SIGNS[each.verdict]} {each.limit.text}: {each.verdict}. {each.reason}" for each in pair.found.limits]
    for line in (*lines, *note_pair(pair), f"Report: {paths['html']}"):
        click.echo(line.replace("**", ""), err=flags["as_json"])
    if flags["open_page"]:
        webbrowser.open(paths["html"].resolve().as_uri())
    if not pair.found.comparisons:
        return EXIT_CODES[Verdict.CANNOT_TELL]
    return 0 if pair.found.verdict is None else EXIT_CODES[pair.found.verdict]
