"""check, report: the commands that judge and draw a finished run again."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from consistency.cli.exporting import as_option, check_file, check_files
from consistency.cli.interruption import keep
from consistency.cli.options import output_options, parse_formats


@click.command()
@click.argument("names", metavar="RUN | FILE...", nargs=-1, required=True)
@output_options
@as_option
def check(names: tuple[str, ...], model_name: str | None, **flags: Any) -> int:
    """Judge a finished run again, from its files alone. RUN is a folder, an id or "latest", or the file of another
    tool's history (Jepsen's EDN or JSON, Porcupine's logs). Of several files each is told in one line.

    Nothing is written unless --format asks for it.
    """
    run_name = names[0]
    if len(names) > 1 or Path(run_name).is_file():
        from consistency.cli.telling import choose_exit_code

        tell = check_files if len(names) > 1 else check_file
        return tell([Path(name) for name in names], model_name, flags, choose_exit_code)
    asked = click.get_current_context().get_parameter_source("formats") is ParameterSource.COMMANDLINE
    return _retell(run_name, parse_formats(flags["formats"]) if asked else (), flags, each_finding=True)


@click.command()
@click.argument("run_names", metavar="RUN...", nargs=-1, required=True)
@click.option("--title", help="Heading of the page.")
@output_options
def report(run_names: tuple[str, ...], **flags: Any) -> int:
    """Draw the report of each RUN again from its files. RUN is a folder, an id or "latest"."""
    codes = [_retell(name, parse_formats(flags["formats"]), flags) for name in run_names]
    return 1 if 1 in codes else 0


def _retell(run_name: str, formats: tuple[str, ...], flags: dict[str, Any], *, each_finding: bool = False) -> int:
    from consistency.archive import find_run

    archive = find_run(run_name, flags["out"])
    with keep(archive.folder):
        from consistency.claim import parse_assertions
        from consistency.cli.telling import tell

        return tell(archive, parse_assertions(flags["assertions"]), formats, flags, each_finding=each_finding)
