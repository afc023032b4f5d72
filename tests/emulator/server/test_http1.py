"""HTTP/1.1 on the same port: http.client and curl as peers, and requests written by hand."""

import gzip
import http.client
import shutil
import socket
import subprocess

import pytest

from consistency.emulator.server import http1, http1_requests
from tests.emulator.server.plain import TIMEOUT_S, ask, statuses, talk
from tests.emulator.server.raw import RawClient
from tests.emulator.server.served import Served


class TestConnections:
    def test_keep_alive(self, served: Served) -> None:
        """Requests follow each other on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=TIMEOUT_S)
        for method in ("GET", "HEAD", "GET"):
            connection.request(method, "/")
            connection.getresponse().read()
            assert connection.sock is not None
        connection.request("GET", "/", headers={"Connection": "close"})
        assert connection.getresponse().getheader("connection") == "close"
        connection.close()

    def test_pipelined(self, served: Served) -> None:
        """Requests that are sent before the answers come are answered in turn."""
        one = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        answer = talk(served, one + one + b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" + one)
        assert statuses(answer) == [200, 200, 404, 200]

    def test_old_version(self, served: Served) -> None:
        """HTTP/1.0 needs no Host and closes unless asked to stay."""
        answer = talk(served, b"GET / HTTP/1.0\r\n\r\n", half_close=False)
        assert statuses(answer) == [200]
        stay = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        assert statuses(talk(served, stay, b"GET / HTTP/1.0\r\n\r\n", half_close=False)) == [200, 200]

    def test_byte_by_byte(self, served: Served) -> None:
        """Where reads cut the bytes makes no difference; a method that begins like HTTP/2 is none."""
        request = b"PROPFIND / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert statuses(talk(served, *(bytes([byte]) for byte in request))) == [404]

    def test_closing(self, served: Served) -> None:
        """Closing the listener ends idle connections of HTTP/1.1, and those that never said anything."""
        with (
            socket.create_connection(("127.0.0.1", served.port), timeout=TIMEOUT_S) as silent,
            socket.create_connection(("127.0.0.1", served.port), timeout=TIMEOUT_S) as idle,
        ):
            idle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(65_536).startswith(b"HTTP/1.1 200 OK")
            served.close()
            assert (silent.recv(1), idle.recv(1)) == (b"", b"")

    def test_beside_http2(self, served: Served) -> None:
        """Both protocols are served at once."""
        with RawClient(served.port) as client:
            client.echo(1)
            assert ask(served, "GET", "/")[0] == 200
            client.echo(3)


class TestBodies:
    def test_length(self, served: Served) -> None:
        """A body of a known length is read to its end."""
        body = b"x" * 300_000
        head = b"POST /reset HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n"
        assert statuses(talk(served, head, body, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")) == [200, 200]

    def test_chunks(self, served: Served) -> None:
        """Chunks with extensions and trailers are read to their end."""
        head = b"POST /reset HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        chunks = b"5\r\nabcde\r\n1A;a=b\r\n" + b"x" * 26 + b"\r\n0\r\nX-Sum: 1\r\n\r\n"
        assert statuses(talk(served, head + chunks + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")) == [200, 200]

    def test_expect(self, served: Served) -> None:
        """A client that asks before it sends its body is told to go on, once."""
        head = b"POST /reset HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        with socket.create_connection(("127.0.0.1", served.port), timeout=TIMEOUT_S) as connection:
            connection.sendall(head)
            assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"{}")
            assert statuses(connection.recv(65_536)) == [200]

    def test_expect_refused(self, served: Served) -> None:
        """It is not told to send what would be refused."""
        head = b"POST /reset HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        assert statuses(talk(served, head)) == [413]


class TestCompression:
    def send(self, served: Served, body: bytes, coding: str) -> int:
        """The status that answers a body with this coding."""
        return ask(served, "PATCH", "/v1/config", {"Content-Encoding": coding}, body)[0]

    def test_gzip(self, served: Served) -> None:
        """A body that some clients compress is unpacked."""
        packed = gzip.compress(b'{"seed": 5}')
        assert self.send(served, packed, "gzip") == self.send(served, b'{"seed": 5}', "identity") == 200
        assert self.send(served, gzip.compress(b"no JSON"), "GZIP") == 400

    def test_refused(self, served: Served) -> None:
        """Other codings, what is no gzip, what is cut short, and what unpacks to too much."""
        packed = gzip.compress(b"{}")
        bomb = gzip.compress(bytes(http1_requests.BODY_MAX_BYTES + 1))
        assert self.send(served, packed, "br") == 415
        assert [self.send(served, body, "gzip") for body in (b"{}", packed[:-1], bomb)] == [400, 400, 413]


class TestMalformed:
    @pytest.mark.parametrize(
        ("request_bytes", "status"),
        [
            (b"garbage\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
            (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
            (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: h\r\nA: b\nc\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 33554433\r\n\r\n", 413),
            (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        ],
    )
    def test_refused_and_closed(self, served: Served, request_bytes: bytes, status: int) -> None:
        """What cannot be understood is refused, and nothing after it is read as a request."""
        answer = talk(served, request_bytes, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert statuses(answer) == [status]
        assert b"connection: close" in answer
        assert ask(served, "GET", "/")[0] == 200

    @pytest.mark.parametrize("cut", [1, 3, 20, 60])
    def test_cut_short(self, served: Served, cut: int) -> None:
        """A client that leaves in the middle gets nothing, and leaves nothing."""
        request = b"POST /reset HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345"
        assert statuses(talk(served, request[:cut])) == []
        assert served.wait_until(lambda: len(served.listener._peers) == 0)

    def test_tls_is_told_at_once(self, served: Served) -> None:
        """A client that begins with a handshake waits for an answer, and sends no end of a head."""
        assert statuses(talk(served, b"\x16\x03\x01\x02\x00\x01\x00", half_close=False)) == [400]

    def test_too_slow(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """A request that does not come to its end in time is given up."""
        monkeypatch.setattr(http1, "REQUEST_TIMEOUT_S", 0.02)
        monkeypatch.setattr(http1, "LINGER_S", 60.0)  # our half is closed at once, whatever the client does with its
        assert statuses(talk(served, b"GET / HT", half_close=False)) == [408]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
class TestCurl:
    def test_http1(self, served: Served) -> None:
        """curl gets its answer."""
        command = ["curl", "-sS", "--max-time", "10", "-w", "%{http_code}", f"http://localhost:{served.port}/"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "Ok\n200"

    def test_http2(self, served: Served) -> None:
        """curl with prior knowledge of HTTP/2 is told that GET is nothing for gRPC."""
        command = ["curl", "-sS", "--max-time", "10", "--http2-prior-knowledge", "-w", "%{http_code}"]
        answer = subprocess.run(
            [*command, f"http://127.0.0.1:{served.port}/"], capture_output=True, text=True, check=True
        )
        assert answer.stdout == "405"

    def test_upload(self, served: Served) -> None:
        """curl sends a large body in chunks, after asking."""
        command = ["curl", "-sS", "--max-time", "10", "-w", "%{http_code}", "-H", "Transfer-Encoding: chunked", "-H",
                   "Expect: 100-continue", "--data-binary", "@-", f"http://127.0.0.1:{served.port}/reset"]  # fmt: skip
        answer = subprocess.run(command, input=b"x" * 2_000_000, capture_output=True, check=True)
        assert answer.stdout == b"Reset\n200"
