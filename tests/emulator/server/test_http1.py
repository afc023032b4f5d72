"""HTTP/1.1 on the same port: http.client and curl as peers, and requests written by hand."""

import gzip
import http.client
import json
import re
import shutil
import socket
import subprocess

import pytest

from consistency.emulator.server import http1, http1_requests
from consistency.emulator.values.scope import Scope
from tests.emulator.server.raw import RawClient
from tests.emulator.server.served import Served, serve

TIMEOUT_S = 10.0


def ask(
    served: Served, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, header fields and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def talk(served: Served, *pieces: bytes, half_close: bool = True) -> bytes:
    """All that comes back for these bytes until the server closes."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=TIMEOUT_S) as connection:
        for piece in pieces:
            connection.sendall(piece)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        found = b""
        while more := connection.recv(65_536):
            found += more
        return found


def statuses(answer: bytes) -> list[int]:
    """The status codes of all responses in these bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


class TestRoutes:
    def test_root(self, served: Served) -> None:
        """`GET /` is how everybody asks whether the emulator is up."""
        status, headers, body = ask(served, "GET", "/")
        assert (status, body) == (200, b"Ok\n")
        assert headers["content-length"] == "3"

    def test_head(self, served: Served) -> None:
        """HEAD has the same header fields and no body."""
        status, headers, body = ask(served, "HEAD", "/")
        assert (status, headers["content-length"], body) == (200, "3", b"")

    def test_shutdown(self, served: Served) -> None:
        """Shutting down is told after the answer was written."""
        assert ask(served, "POST", "/shutdown")[0] == 200
        assert served.wait_until(lambda: served.service.shutdowns == 1)

    def test_reset(self, served: Served) -> None:
        """Resetting is done before the answer is written."""
        assert ask(served, "POST", "/reset?project=p", body=b"{}")[0] == 200
        assert served.service.resets == [Scope("p")]

    @pytest.mark.parametrize(
        ("query", "scope"),
        [
            ("", Scope()),
            ("?key=secret&alt=json", Scope()),
            ("?project=p&namespace=", Scope("p", None, "")),
            ("?database=a%20b&namespace=n", Scope(None, "a b", "n")),
        ],
    )
    def test_reset_of_a_part(self, served: Served, query: str, scope: Scope) -> None:
        """What the query names is emptied; an empty name is the default one's."""
        assert ask(served, "POST", f"/reset{query}")[0] == 200
        assert served.service.resets == [scope]

    @pytest.mark.parametrize(
        ("query", "told"),
        [("?namespaces=n", "namespaces"), ("?project=", "empty"), ("?project=p&project=q", "one project")],
    )
    def test_reset_of_what_is_not_known(self, served: Served, query: str, told: str) -> None:
        """A misspelt word empties nothing."""
        status, _, body = ask(served, "POST", f"/reset{query}")
        assert status == 400
        assert told in json.loads(body)["error"]["message"]
        assert served.service.resets == []

    @pytest.mark.parametrize(("method", "path"), [("GET", "/none"), ("GET", "/reset"), ("PUT", "/"), ("POST", "//")])
    def test_unknown(self, served: Served, method: str, path: str) -> None:
        """Anything else is an error in the service's shape."""
        status, headers, body = ask(served, method, path)
        assert status == 404
        assert headers["content-type"].startswith("application/json")
        error = json.loads(body)["error"]
        assert (error["code"], error["status"]) == (404, "NOT_FOUND")
        assert path in error["message"]


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

    def test_too_slow(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """A request that does not come to its end in time is given up."""
        monkeypatch.setattr(http1, "REQUEST_TIMEOUT_S", 0.02)
        monkeypatch.setattr(http1, "LINGER_S", 60.0)  # our half is closed at once, whatever the client does with its
        assert statuses(talk(served, b"GET / HT", half_close=False)) == [408]


class TestStrangers:
    @pytest.mark.parametrize(
        "host",
        ["localhost", "127.0.0.1:8081", "[::1]:8081", "[::1]", "emulator:8081", "192.168.0.7", "a.localhost",
         "db.internal", "svc.cluster.local:1", "LOCALHOST."],
    )  # fmt: skip
    def test_own_names(self, served: Served, host: str) -> None:
        """Addresses, and names that no stranger can register, are this server's."""
        assert ask(served, "GET", "/", {"Host": host})[0] == 200

    @pytest.mark.parametrize("host", ["evil.com", "evil.com:8081", "127.0.0.1.evil.com", "localhost.evil.com:80"])
    def test_other_names(self, served: Served, host: str) -> None:
        """A domain that somebody pointed here is not."""
        status, _, body = ask(served, "GET", "/", {"Host": host})
        assert (status, json.loads(body)["error"]["status"]) == (403, "PERMISSION_DENIED")

    @pytest.mark.parametrize("origin", ["http://evil.com", "null", "http://localhost:3000", "http://127.0.0.1"])
    def test_other_origins(self, served: Served, origin: str) -> None:
        """A page of another origin can neither read, reset nor stop the emulator."""
        for method, path in (("GET", "/"), ("POST", "/reset"), ("POST", "/shutdown"), ("OPTIONS", "/reset")):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            status, answered, _ = ask(served, method, path, headers)
            assert (status, "access-control-allow-origin" in answered) == (403, False)
        assert (served.service.resets, served.service.shutdowns) == ([], 0)

    def test_without_origin(self, served: Served) -> None:
        """A browser that says where a request came from, though not from which origin, is believed too."""
        assert ask(served, "POST", "/reset", {"Sec-Fetch-Site": "cross-site"})[0] == 403
        assert ask(served, "POST", "/reset", {"Sec-Fetch-Site": "none"})[0] == 200

    def test_allowed_origin(self) -> None:
        """An origin that was allowed may ask, send and read."""
        page = {"Origin": "http://localhost:3000"}
        with serve(("http://localhost:3000",)) as served:
            asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
            status, headers, _ = ask(served, "OPTIONS", "/reset", page | asked)
            assert (status, headers["access-control-allow-headers"]) == (204, "content-type")
            assert "POST" in headers["access-control-allow-methods"]
            status, headers, _ = ask(served, "POST", "/reset", page)
            assert (status, headers["access-control-allow-origin"]) == (200, "http://localhost:3000")
            assert ask(served, "POST", "/reset", {"Origin": "http://localhost:3001"})[0] == 403


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
