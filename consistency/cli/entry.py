"""The program's entry: the command group, and what becomes of errors.

Commands come in by name and are imported only when they are called, because the client library, pandas and matplotlib
cost half a second that `--help` must not pay.
"""

import importlib
import os
import sys

import click

from consistency.cli.log import close_logs, note, note_error, say
from consistency.cli.universal import Asked, add_everywhere, list_everywhere, pass_down
from consistency.errors import ConsistencyError, StoppedError

COMMANDS = {  # name: (module, function, one line of help)
    "plan": ("planning", "plan", "What a run would do, take and cost."),
    "run": ("measuring", "run", "Write, probe, judge and report, in one go."),
    "write": ("measuring", "write", "The writer alone; readers join through the queue file."),
    "read": ("measuring", "read", "One reader alone, joined through the queue file."),
    "resume": ("measuring", "resume", "Go on with a run that was killed."),
    "check": ("judging", "check", "Judge a finished run again."),
    "report": ("judging", "report", "Draw a run's report again from its files."),
    "export": ("exporting", "export", "Write a run's history for other tools."),
    "compare": ("comparing", "compare", "How a second run differs from a first."),
    "runs": ("upkeep", "runs", "The runs there are, newest first."),
    "annotate": ("upkeep", "annotate", "Mark an instant of a run."),
    "merge": ("upkeep", "merge", "Join the folders of one run from several hosts."),
    "clean": ("upkeep", "clean", "Remove what crashed runs left behind."),
    "init": ("upkeep", "init", "Write a commented plan to begin with."),
    "doctor": ("upkeep", "doctor", "Check what measuring needs of this machine."),
    "serve": ("serving", "serve", "The embedded Datastore emulator alone, on one port."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            import difflib

            close = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            return ctx.fail(f"No such command {cmd_name!r}. Did you mean {close[0]!r}?") if close else None
        module, function, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"consistency.cli.{module}"), function)
        assert isinstance(command, click.Command)
        return add_everywhere(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=_Lazy, params=list_everywhere(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="datastore-consistency")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="Only JSON on stdout; everything else on stderr.")
@click.pass_context
def consistency(context: click.Context, quiet: bool, as_json: bool) -> None:
    """Measure how long a Datastore write takes to become visible.

    The options below may stand behind the command's name too.
    """
    command = consistency.get_command(context, context.invoked_subcommand or "")
    if command is not None:
        pass_down(context, command, quiet=quiet, as_json=as_json)


def main() -> None:
    """Run the command line and exit with its code: 0, 1, 2, 3, 4, 5 or 130."""
    # The analysis solves thousands of small systems; threads for each would wait for each other longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = _run(Asked())
    finally:
        close_logs()
    sys.exit(code)


def _run(asked: Asked) -> int:
    try:
        code = int(consistency.main(standalone_mode=False, obj=asked) or 0)
    except click.Abort:  # click's word for Ctrl-C
        say("Stopped.")
        return StoppedError.exit_code
    except click.ClickException as error:
        note_error(error.format_message())
        error.show()
        return error.exit_code
    except ConsistencyError as error:
        if asked.verbose:
            import traceback

            traceback.print_exc()
        note_error(str(error))
        click.echo(str(error), err=True)
        return error.exit_code
    except Exception:  # our own bug: it goes on, and into the log
        note_error("This is a bug of the program.")
        raise
    note(f"Ended with exit code {code}.")
    return code
