"""The program's entry: the command group, and what becomes of errors.

Commands come in by name and are imported only when they are called, because the client library, pandas and matplotlib
cost half a second that `--help` must not pay.
"""

import difflib
import importlib
import os
import sys
import traceback

import click

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
            close = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            return ctx.fail(f"No such command {cmd_name!r}. Did you mean {close[0]!r}?") if close else None
        module, function, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"consistency.cli.{module}"), function)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="datastore-consistency")
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of an error.")
@click.option("--no-color", is_flag=True, help="No colours, as NO_COLOR in the environment.")
@click.pass_context
def consistency(context: click.Context, verbose: bool, no_color: bool) -> None:
    """Measure how long a Datastore write takes to become visible."""
    context.obj = {"verbose": verbose}
    if no_color:
        os.environ["NO_COLOR"] = "1"


def main() -> None:
    """Run the command line and exit with its code: 0, 1, 2, 3, 4, 5 or 130."""
    # The analysis solves thousands of small systems; threads for each would wait for each other longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = consistency.main(standalone_mode=False)
    except click.Abort:  # click's word for Ctrl-C
        click.echo("Stopped.", err=True)
        code = StoppedError.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ConsistencyError as error:
        if "-v" in sys.argv or "--verbose" in sys.argv:
            traceback.print_exc()
        click.echo(str(error), err=True)
        code = error.exit_code
    sys.exit(code)
