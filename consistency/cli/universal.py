"""The options that every command has: `-q`, `-v`, `--json`, `--no-color` and `--log-file`, before or behind its name.

Words of the command line come in; what they asked for is in one Asked, made by whoever calls the program. Before the
name, `-q` and `--json` are defaults of the command's own flags. A command that prints no JSON refuses `--json`, because
a program that reads its output would wait for what never comes.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click


@dataclass
class Asked:
    """What was asked for."""

    verbose: bool = False


def _be_verbose(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        context.ensure_object(Asked).verbose = True


def _drop_colours(_: click.Context, __: click.Parameter, wanted: bool) -> None:
    if wanted:
        os.environ["NO_COLOR"] = "1"


def _keep_log(_: click.Context, __: click.Parameter, path: Path | None) -> None:
    if path is not None:
        from consistency.cli.log import open_log

        open_log(path)


def _make(*names: str, told: Callable[..., None], **more: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=told, **more)


def list_everywhere() -> list[click.Option]:
    """The options that mean the same for every command."""
    return [
        _make("-v", "--verbose", told=_be_verbose, is_flag=True, help="Show the traceback of an error."),
        _make("--no-color", told=_drop_colours, is_flag=True, help="No colours, as NO_COLOR in the environment."),
        _make(
            *("--log-file",), told=_keep_log, type=click.Path(path_type=Path),
            help="Append what is said, errors with their tracebacks, to FILE.", metavar="FILE",
        ),
    ]  # fmt: skip


def add_everywhere(command: click.Command) -> click.Command:
    """The command, which knows the options of every command too; its own of the same name stay."""
    known = {flag for option in command.params for flag in option.opts}
    quiet = _make("-q", "--quiet", told=lambda *_: None, is_flag=True, help="No progress.")
    command.params += [option for option in (*list_everywhere(), quiet) if not known.intersection(option.opts)]
    return command


def pass_down(context: click.Context, command: click.Command, *, quiet: bool, as_json: bool) -> None:
    """Make what stood before the name of `command` the default of its own flags."""
    names = {option.name for option in command.params}
    if as_json and "as_json" not in names:
        raise click.UsageError(f"--json: {command.name} prints no JSON. Leave it out.")
    asked = {"quiet": quiet, "as_json": as_json}
    context.default_map = {
        command.name or "": {name: True for name, wanted in asked.items() if wanted and name in names}
    }
