"""The command tree: every command and flag that the reference promises is there, or is on the list of what is not."""

import click
import pytest

from consistency.cli.entry import COMMANDS, consistency

GLOBAL = {"--version", "-q", "-v", "--json", "--no-color", "--log-file"}
PROMISED = {
    "init": {"--example"},
    "plan": {"--target", "--project", "--set", "--prices"},
    "run": {
        *("--target", "--host", "--project", "--database", "--namespace", "--image"),
        *("-n", "--entities", "--rate", "--duration", "--deadline", "--virtual-time", "--lag", "--seed", "--channel"),
        *("--out", "--format", "--open", "--no-report", "--prom-port", "--assert", "--set"),
        *("--max-cost", "--confirm-project", "--keep", "--dry-run", "--yes", "--keep-store"),
    },
    "write": {"--queue", "--run", "--region", "--start"},
    "read": {"--queue", "--run", "--region", "--start"},
    "resume": set(),
    "check": {"--assert"},
    "report": {"--format", "--open", "--title"},
    "compare": {"--open", "--fail-if"},
    "merge": {"--out"},
    "annotate": {"--at"},
    "runs": {"--limit", "--json"},
    "export": {"--to"},
    "serve": {
        *("--host-port", "--consistency", "--use-firestore-in-datastore-mode", "--project", "--lag", "--seed"),
        "--model",
    },
    "clean": {"--run", "--project", "--older-than", "--dry-run"},
    "doctor": {"--target"},
}
# What is promised and not there yet. Whoever adds one takes it off.
LACKING: set[tuple[str, str]] = set()


def list_flags(command: click.Command) -> set[str]:
    """Every option of a command, in all its spellings."""
    return {flag for option in command.params if isinstance(option, click.Option) for flag in option.opts}


def list_lacking() -> set[tuple[str, str]]:
    """(command, flag) of everything promised that the program does not know; the flag is "" for a whole command."""
    lacking = {("", flag) for flag in GLOBAL - list_flags(consistency)}
    context = click.Context(consistency)
    for name, flags in PROMISED.items():
        command = consistency.get_command(context, name) if name in COMMANDS else None
        lacking |= {(name, flag) for flag in flags - list_flags(command)} if command else {(name, "")}
    return lacking


class TestTree:
    def test_what_is_promised_is_there(self) -> None:
        """But for what the list says, and the list says no more than what is true."""
        assert list_lacking() == LACKING

    @pytest.mark.parametrize("name", COMMANDS)
    def test_what_is_for_all_stands_behind_every_name(self, name: str) -> None:
        """But for `--version`, and `--json` where there is none."""
        command = consistency.get_command(click.Context(consistency), name)
        assert command is not None
        assert GLOBAL - {"--version", "--json"} <= list_flags(command)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_says_what_it_does(self, name: str) -> None:
        """In its own help, and each of its options too."""
        command = consistency.get_command(click.Context(consistency), name)
        assert command is not None
        assert command.help
        assert [option.opts for option in command.params if isinstance(option, click.Option) and not option.help] == []
