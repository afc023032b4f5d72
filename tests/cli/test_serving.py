"""serve as a process: what it prints where, what it gives to a command, and how it ends."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from tests.patience import PATIENCE_S

SERVE = [sys.executable, "-m", "consistency", "serve"]
pytestmark = pytest.mark.slow


def clean_environment() -> dict[str, str]:
    """Ours, without what would point a client elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DATASTORE_")}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Serve until the command has ended."""
    return subprocess.run(
        [*SERVE, *words], env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@contextmanager
def serving(*words: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A server on a free port, and the lines that it printed on stdout until it was up."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*SERVE, "--host-port", ":0", *words], env=clean_environment(), text=True, **pipes) as child:  # type: ignore[call-overload] # two pipes by name
        try:
            yield child, [child.stdout.readline().rstrip() for _ in range(5)]
        finally:
            child.kill()


def post(lines: list[str], path: str, **headers: str) -> int:
    """The status of one request to the emulator that printed these lines."""
    return send(lines, path, None, **headers)[0]


def send(lines: list[str], path: str, body: object, **headers: str) -> tuple[int, bytes]:
    """Status and body of one request with a JSON body to the emulator that printed these lines."""
    connection = http.client.HTTPConnection(lines[1].partition("=")[2], timeout=PATIENCE_S)
    try:
        connection.request("POST", path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class TestAlone:
    def test_what_it_prints(self) -> None:
        """Five variables on stdout, which a shell can take over, and the line that wrappers wait for on stderr."""
        with serving("--project", "mine") as (child, lines):
            assert child.stderr is not None
            assert child.stderr.readline() == "Dev App Server is now running.\n"
            address = lines[1].partition("=")[2]
            assert re.fullmatch(r"127\.0\.0\.1:\d+", address)
            assert lines == [
                "export DATASTORE_DATASET=mine",
                f"export DATASTORE_EMULATOR_HOST={address}",
                f"export DATASTORE_EMULATOR_HOST_PATH={address}/datastore",
                f"export DATASTORE_HOST=http://{address}",
                "export DATASTORE_PROJECT_ID=mine",
            ]

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signals(self, number: int) -> None:
        """Either signal ends it well."""
        with serving() as (child, _):
            child.send_signal(number)
            assert child.wait(PATIENCE_S) == 0

    def test_shutdown(self) -> None:
        """So does a request."""
        with serving("--consistency=1.0", "--no-store-on-disk") as (child, lines):
            assert post(lines, "/shutdown") == 200
            assert child.wait(PATIENCE_S) == 0

    def test_allowed_origin(self) -> None:
        """A page that was named may ask, another may not."""
        with serving("--allow-origin", "http://localhost:3000") as (_, lines):
            assert post(lines, "/reset", Origin="http://localhost:3000") == 200
            assert post(lines, "/reset", Origin="http://localhost:3001") == 403


class TestDataFolder:
    KEY: ClassVar = {"path": [{"kind": "Song", "name": "waltz"}]}

    def test_it_outlives_a_kill(self, tmp_path: Path) -> None:
        """What was acknowledged is there after kill -9, and the last commit's number is told; without it is memory."""
        put = {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {"key": self.KEY}}]}
        with serving("--data-dir", str(tmp_path)) as (child, lines):
            assert send(lines, "/v1/projects/p:commit", put)[0] == 200
            child.kill()
        for words, told, found in (
            ([], "the last commit found is 1", True),
            (["--no-store-on-disk"], "Dev App", False),
        ):
            with serving("--data-dir", str(tmp_path), *words) as (child, lines):
                assert child.stderr is not None
                assert told in child.stderr.readline()
                assert (b"found" in send(lines, "/v1/projects/p:lookup", {"keys": [self.KEY]})[1]) == found


class TestBeside:
    def test_a_client_of_the_command(self) -> None:
        """The command's clients find the emulator; its stdout is its own, and its exit code ours."""
        program = (
            "import sys; from google.cloud import datastore as d; c = d.Client(); "
            "c.put(c.entity(c.key('Song', 'waltz'))); "
            "print(c.project, len(list(c.query(kind='Song').fetch()))); sys.exit(7)"
        )
        ended = run("--lag", "1h", "--project", "mine", "--", sys.executable, "-c", program)
        assert (ended.returncode, ended.stdout) == (7, "mine 0\n"), ended.stderr

    def test_options_of_the_command(self) -> None:
        """What stands behind the command is the command's, with or without two dashes."""
        assert run("--seed", "3", sys.executable, "-c", "print(5)", "--lag", "x").stdout == "5\n"

    def test_stopping(self) -> None:
        """A request to end goes on to the command."""
        program = "import sys, time; print('up', flush=True); time.sleep(60)"
        words = [*SERVE, "--", sys.executable, "-c", program]
        with subprocess.Popen(
            words, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"up\n"
            child.terminate()
            assert child.wait(PATIENCE_S) == 128 + signal.SIGTERM
