"""Addresses: what is refused, and how soon; namespaces."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from consistency.backends import connecting
from consistency.backends.connecting import HEALTH_TIMEOUT_S, check_address, name_namespace
from consistency.errors import ConsistencyError, UsageError


@contextmanager
def listening(answer: bytes | None) -> Iterator[str]:
    """The address of a server that gives every connection `answer`, or (None) nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_one, args=(server, answer))
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def _answer_one(server: socket.socket, answer: bytes | None) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1024)
        if answer is None:
            connection.recv(1024)  # until the client gives up
        else:
            connection.sendall(answer)


class TestCheckAddress:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_scheme_is_refused(self, scheme: str) -> None:
        """The client library takes it for a host's name, and waits a minute."""
        with pytest.raises(UsageError, match=f"write the host without {scheme}://"):
            check_address(f"{scheme}://127.0.0.1:8081", "--host")

    @pytest.mark.parametrize(
        "address",
        ["", "localhost", "localhost:", ":8081", "localhost:port", "localhost:0", "localhost:99999", "a:1:2", "[::1",
         "127.0.0.1:8081/datastore", "127.0.0.1:8081?x", "a..b:1", "a b:1", "user@localhost:1", "x" * 70 + ":1"],
    )  # fmt: skip
    def test_what_is_no_address_is_told(self, address: str) -> None:
        """One sentence, with an example."""
        with pytest.raises(UsageError, match=r"is not an address: write HOST:PORT, such as 127"):
            check_address(address, "--host")

    def test_nothing_there_is_told(self) -> None:
        """With where the address came from, and what to do."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(ConsistencyError, match=rf"Nothing answers at 127\.0\.0\.1:{port} \(--host\)\. Start one"):
            check_address(f"127.0.0.1:{port}", "--host")

    def test_silence_is_told_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A host that takes the connection and says nothing is given two seconds, and not a minute."""
        assert HEALTH_TIMEOUT_S <= 2.0
        monkeypatch.setattr(connecting, "HEALTH_TIMEOUT_S", 0.05)
        with listening(None) as address, pytest.raises(ConsistencyError, match="Nothing answers"):
            check_address(address, "--host")

    @pytest.mark.parametrize("answer", [b"SSH-2.0-nonsense\r\n", b"", b"\x00" * 50])
    def test_another_protocol_is_told(self, answer: bytes) -> None:
        """Whatever it is, it is no emulator."""
        with listening(answer) as address, pytest.raises(ConsistencyError, match="Nothing answers"):
            check_address(address, "--host")

    def test_another_service_is_told(self) -> None:
        """It answers, but not as an emulator does."""
        answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        with listening(answer) as address, pytest.raises(ConsistencyError, match="answers GET / with 404: it is not"):
            check_address(address, "--host")

    def test_an_emulator_is_fine(self) -> None:
        """GET / with 200 is all that is asked."""
        with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOk") as address:
            check_address(address, "--host")


class TestNamespace:
    @pytest.mark.parametrize("run", ["first/2026-01-01T000000", "ünïcode/…", "x" * 300, "a b/c:d"])
    def test_holds_what_datastore_allows(self, run: str) -> None:
        """At most a hundred of [0-9A-Za-z._-]."""
        namespace = name_namespace(run)
        assert 0 < len(namespace) <= 100
        assert set(namespace) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-")

    def test_differs_by_run(self) -> None:
        """Two runs never see each other's entities."""
        assert name_namespace("first/1") != name_namespace("first/2")
