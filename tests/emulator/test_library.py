"""The emulator as a context within a program."""

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import Conflict, DeadlineExceeded, ServiceUnavailable

from consistency.emulator.clients import close_client
from consistency.emulator.library import Emulator
from tests.patience import PATIENCE_S

PROJECT = "p"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An empty emulator."""
    with Emulator() as opened:
        yield opened


def ask(emulator: Emulator, method: str, path: str) -> int:
    """The status of one request without a body."""
    connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10.0)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


def put(emulator: Emulator, name: str, namespace: str | None = None) -> None:
    """Write one entity of kind Song."""
    client = emulator.client(PROJECT, namespace)
    entity = client.entity(client.key("Song", name))
    entity["title"] = name
    client.put(entity)
    close_client(client)


def names(emulator: Emulator, namespace: str | None = None) -> list[str]:
    """The names of all songs, by a global query."""
    client = emulator.client(PROJECT, namespace)
    found = [entity.key.name for entity in client.query(kind="Song").fetch()]
    close_client(client)
    return found


class TestContext:
    def test_address(self, emulator: Emulator) -> None:
        """Host and port are where it answers."""
        assert emulator.address == f"{emulator.host}:{emulator.port}"
        assert emulator.host == "127.0.0.1"
        assert ask(emulator, "GET", "/") == 200

    def test_nested(self, emulator: Emulator) -> None:
        """Two emulators at once have two ports and two contents."""
        with Emulator() as inner:
            assert inner.port != emulator.port
            put(inner, "waltz")
            assert (names(inner), names(emulator)) == (["waltz"], [])
        assert ask(emulator, "GET", "/") == 200

    def test_gone_at_the_end(self) -> None:
        """Nothing listens there any more, and no thread is left."""
        with Emulator() as emulator:
            thread = emulator._thread
        assert thread is not None
        assert not thread.is_alive()
        with pytest.raises(ConnectionRefusedError):
            ask(emulator, "GET", "/")

    def test_gone_after_an_error(self) -> None:
        """An error within the context ends it too, and is not hidden."""
        with pytest.raises(ZeroDivisionError), Emulator() as emulator:
            raise ZeroDivisionError
        with pytest.raises(ConnectionRefusedError):
            ask(emulator, "GET", "/")

    def test_shut_down_by_somebody(self) -> None:
        """A client that shuts the emulator down does not break the context that owns it."""
        with Emulator() as emulator:
            assert ask(emulator, "POST", "/shutdown") == 200
            assert emulator._thread is not None
            emulator._thread.join(10.0)

    def test_once(self, emulator: Emulator) -> None:
        """An open context is not opened again."""
        with pytest.raises(RuntimeError, match="make a new one"), emulator:
            pass

    def test_busy_port(self, emulator: Emulator) -> None:
        """A port that is taken is told at once."""
        with pytest.raises(OSError, match="address already in use"), Emulator(port=emulator.port):
            pass


class TestSettings:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ({"model": "megastor"}, "did you mean megastore"),
            ({"lag": "soon"}, "is not a delay"),
            ({"concurrency": "hopeful"}, "is not a mode of concurrency"),
            ({"limits": "none"}, "is not a profile of limits"),
            ({"model": "strong", "lag": "1s"}, "lag: is a setting of the models megastore"),
            ({"replica": 5}, "replica is not a setting .did you mean replicas"),
            ({"replicas": 5}, "replicas: is a setting of"),
            ({"model": "replicas", "replicas": "5"}, "replicas: '5' is not a whole number"),
        ],
    )
    def test_refused(self, words: dict[str, str], told: str) -> None:
        """Settings that cannot be are refused before anything starts."""
        with pytest.raises(ValueError, match=told):
            Emulator(**words)  # type: ignore[arg-type] # each word is a string here

    def test_lag(self) -> None:
        """A lag hides a commit from global queries, and a lookup ends that."""
        with Emulator(lag="1h") as emulator:
            put(emulator, "waltz")
            assert names(emulator) == []
            client = emulator.client(PROJECT)
            assert client.get(client.key("Song", "waltz")) is not None
            close_client(client)
            assert names(emulator) == ["waltz"]


class TestDataFolder:
    def test_kept(self, tmp_path: Path) -> None:
        """What one emulator kept the next one finds; a folder that cannot be used is told to whoever opens."""
        with Emulator(data_dir=tmp_path) as emulator:
            put(emulator, "waltz")
            with pytest.raises(ValueError, match="cannot be used"), Emulator(data_dir=tmp_path):
                pass
        with Emulator(data_dir=tmp_path) as emulator:
            assert names(emulator) == ["waltz"]


class TestTruthLog:
    def test_says_when_a_commit_became_visible(self, tmp_path: Path) -> None:
        """As planned, and, when a lookup has brought it forward, again under the same number."""
        log = tmp_path / "truth.jsonl"
        with Emulator("megastore", apply_a="1h", apply_b="1h", truth_log=log) as emulator:
            put(emulator, "waltz")
            client = emulator.client(PROJECT)
            client.get(client.key("Song", "waltz"))
            close_client(client)
        planned, applied = (json.loads(line) for line in log.read_text().splitlines())
        hour_ns = 3_600_000_000_000
        assert planned["names"] == applied["names"] == ["waltz"]
        assert planned["commit"] == applied["commit"]
        assert planned["rows_ns"] - planned["committed_ns"] == 2 * hour_ns
        assert applied["committed_ns"] < applied["bodies_ns"] == applied["rows_ns"] < planned["bodies_ns"]


class TestReset:
    def test_all(self, emulator: Emulator) -> None:
        """Everything is gone."""
        put(emulator, "waltz")
        emulator.reset()
        assert names(emulator) == []

    def test_one_namespace(self, emulator: Emulator) -> None:
        """Only what was named is gone."""
        put(emulator, "waltz", "mine")
        put(emulator, "tango", "yours")
        emulator.reset(namespace="mine")
        assert (names(emulator, "mine"), names(emulator, "yours")) == ([], ["tango"])


class TestFaults:
    def test_a_client_meets_them_and_others_do_not_afterwards(self, emulator: Emulator) -> None:
        """Refused and not done; done and not acknowledged; then all is well, though nobody said so after `times`."""
        with emulator.inject("unavailable", rpc="commit"), pytest.raises(ServiceUnavailable, match="injected"):
            put(emulator, "waltz")
        assert names(emulator) == []
        emulator.inject("lost_acknowledgement", rpc="commit", times=1)
        with pytest.raises(ServiceUnavailable, match="injected"):
            put(emulator, "tango")
        assert names(emulator) == ["tango"]
        put(emulator, "waltz")

    def test_a_call_without_an_answer_may_be_done(self, emulator: Emulator) -> None:
        """The client's deadline passes in a pause, and the commit happens when it ends."""
        client = emulator.client(PROJECT)
        with emulator.inject("pause"), pytest.raises(DeadlineExceeded):
            client.put(client.entity(client.key("Song", "waltz")), timeout=0.05)
        close_client(client)
        assert names(emulator) == ["waltz"]

    def test_by_http(self, emulator: Emulator) -> None:
        """As for clients of other languages: POST /control/inject."""
        connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10.0)
        connection.request("POST", "/control/inject", '{"kind": "aborted", "rpc": "commit", "times": 1}')
        assert json.loads(connection.getresponse().read()) == {"fault": 1}
        connection.close()
        with pytest.raises(Conflict, match="injected"):
            put(emulator, "waltz")


class TestClient:
    def test_whatever_the_environment_names(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """The client is this emulator's, also where the environment names another address."""
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            monkeypatch.setenv("DATASTORE_EMULATOR_HOST", f"127.0.0.1:{nobody.getsockname()[1]}")
            put(emulator, "waltz")
            assert names(emulator) == ["waltz"]

    @pytest.mark.slow
    def test_a_child_finds_it(self, emulator: Emulator) -> None:
        """The five variables are all that a program needs."""
        program = (
            "from google.cloud import datastore as d; c = d.Client(); e = c.entity(c.key('Song', 'polka')); c.put(e)"
        )
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | emulator.variables(PROJECT),
            check=True,
            timeout=PATIENCE_S,
        )
        assert names(emulator) == ["polka"]
