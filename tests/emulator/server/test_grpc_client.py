"""gRPC's own C-core client as a peer."""

import concurrent.futures
import logging

import grpc
import pytest

from tests.emulator.server import served as methods
from tests.emulator.server.served import Served

TIMEOUT_S = 20.0


def stub(channel: grpc.Channel, method: str) -> "grpc.UnaryUnaryMultiCallable[bytes, bytes]":
    """A method with bytes on both sides."""
    return channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)


def call(channel: grpc.Channel, method: str, request: bytes = b"", timeout_s: float = TIMEOUT_S) -> bytes:
    """One unary call."""
    return stub(channel, method)(request, timeout=timeout_s)


def refusal(
    channel: grpc.Channel, method: str, request: bytes = b"", timeout_s: float = TIMEOUT_S
) -> tuple[grpc.StatusCode, str]:
    """The status and message that a call ends with."""
    with pytest.raises(grpc.RpcError) as caught:
        call(channel, method, request, timeout_s)
    return caught.value.code(), caught.value.details() or ""


class TestMessages:
    @pytest.mark.parametrize("size", [0, 1, 16_379, 16_380, 65_535, 65_536, 1_000_000])
    def test_comes_back_whole(self, channel: grpc.Channel, size: int) -> None:
        """A message of any size is echoed, around frame and window sizes too."""
        request = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        assert call(channel, methods.ECHO, request) == request

    @pytest.mark.slow
    def test_eight_mebibytes(self, channel: grpc.Channel) -> None:
        """8 MiB pass in both directions, several times on one connection."""
        request = b"0123456789abcdef" * 2**19
        for _ in range(3):
            assert call(channel, methods.ECHO, request) == request

    def test_oversize(self, channel: grpc.Channel) -> None:
        """A message above the limit is refused by status, and the connection goes on."""
        code, text = refusal(channel, methods.ECHO, bytes(16 * 2**20 + 1))
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "16777217" in text
        assert call(channel, methods.ECHO, b"next") == b"next"

    @pytest.mark.slow
    def test_two_hundred_at_once(self, channel: grpc.Channel) -> None:
        """200 concurrent calls, some large and some that wait, each get their own answer."""
        requests = [str(k).encode() * (1 if k % 10 else 20_000) for k in range(200)]
        stubs = [stub(channel, methods.SLEEP if k % 3 else methods.ECHO) for k in range(200)]
        futures = [stub.future(request, timeout=TIMEOUT_S) for stub, request in zip(stubs, requests, strict=True)]
        assert [future.result() for future in futures] == requests

    @pytest.mark.slow
    def test_threads(self, channel: grpc.Channel) -> None:
        """Eight threads share a channel."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            requests = [str(k).encode() for k in range(400)]
            assert list(pool.map(lambda request: call(channel, methods.ECHO, request), requests)) == requests


class TestStatuses:
    @pytest.mark.parametrize("number", range(1, 17))
    def test_every_code(self, channel: grpc.Channel, number: int) -> None:
        """Each status of the service reaches the client."""
        assert refusal(channel, methods.REFUSE, f"{number} text".encode())[0].value[0] == number

    @pytest.mark.parametrize(
        "text", ["", "größer als 100 %", "zwei\nZeilen\ttab", "日本 🎉", "%41", "a b~", "\x7f\x01"]
    )
    def test_message(self, channel: grpc.Channel, text: str) -> None:
        """Messages arrive as they were, whatever is in them."""
        assert refusal(channel, methods.REFUSE, f"5 {text}".encode()) == (grpc.StatusCode.NOT_FOUND, text)

    def test_long_message(self, channel: grpc.Channel) -> None:
        """A message too long for the client's limit of metadata is cut, not lost with the whole status."""
        code, text = refusal(channel, methods.REFUSE, b"5 " + "ü".encode() * 20_000)
        assert code is grpc.StatusCode.NOT_FOUND
        assert text.startswith("üüü")

    def test_unknown_method(self, channel: grpc.Channel) -> None:
        """Which methods there are is the service's affair."""
        assert refusal(channel, "/test.Wire/Nothing")[0] is grpc.StatusCode.UNIMPLEMENTED

    @pytest.mark.parametrize(
        ("method", "reason"),
        [
            (methods.FAIL, "ZeroDivisionError: a planted bug"),
            (methods.WAIT_AND_FAIL, "ZeroDivisionError: a planted bug"),
            (methods.NOTHING, "TypeError"),
        ],
    )
    def test_bug(self, channel: grpc.Channel, caplog: pytest.LogCaptureFixture, method: str, reason: str) -> None:
        """A bug in the service is INTERNAL to its client and a traceback in the log; the next call is served."""
        with caplog.at_level(logging.ERROR):
            code, text = refusal(channel, method)
        assert code is grpc.StatusCode.INTERNAL
        assert reason in text
        assert reason in caplog.text
        assert "Traceback" in caplog.text
        assert call(channel, methods.ECHO, b"next") == b"next"

    def test_compression(self, served: Served) -> None:
        """A compressed message is refused politely, with what is accepted."""
        with grpc.insecure_channel(served.address, compression=grpc.Compression.Gzip) as compressing:
            code, text = refusal(compressing, methods.ECHO, b"a" * 1_000)
        assert code is grpc.StatusCode.UNIMPLEMENTED
        assert "gzip" in text


class TestWaiting:
    def test_answers_later(self, served: Served, channel: grpc.Channel) -> None:
        """A call that waits does not hold up another, and is answered when it ends."""
        waiting = stub(channel, methods.WAIT).future(b"late", timeout=TIMEOUT_S)
        assert served.wait_until(lambda: served.service.waiting == 1)
        assert call(channel, methods.ECHO, b"soon") == b"soon"
        served.release()
        assert waiting.result() == b"late"

    def test_deadline(self, served: Served, channel: grpc.Channel) -> None:
        """A deadline ends a waiting call on both sides."""
        assert refusal(channel, methods.WAIT, timeout_s=0.05)[0] is grpc.StatusCode.DEADLINE_EXCEEDED
        assert served.wait_until(lambda: served.service.cancelled == 1)

    def test_cancel(self, served: Served, channel: grpc.Channel) -> None:
        """A client that cancels stops the call."""
        waiting = stub(channel, methods.WAIT).future(b"", timeout=TIMEOUT_S)
        assert served.wait_until(lambda: served.service.waiting == 1)
        waiting.cancel()  # type: ignore[no-untyped-call] # so in the stubs of grpc
        assert served.wait_until(lambda: served.service.cancelled == 1)
        assert call(channel, methods.ECHO, b"next") == b"next"

    def test_lost_connection(self, served: Served) -> None:
        """A client that goes away stops its calls."""
        with grpc.insecure_channel(served.address) as channel:
            waiting = stub(channel, methods.WAIT).future(b"", timeout=TIMEOUT_S)
            assert served.wait_until(lambda: served.service.waiting == 1)
            assert not waiting.done()
        assert served.wait_until(lambda: served.service.cancelled == 1)


class TestMetadata:
    def test_text_and_binary(self, served: Served, channel: grpc.Channel) -> None:
        """Metadata arrives by lower-case name, "-bin" values decoded."""
        sent = (("x-goog-request-params", "project_id=p"), ("blob-bin", bytes(range(256))))
        stub(channel, methods.METADATA)(b"", metadata=sent, timeout=TIMEOUT_S)
        (received,) = served.service.metadata
        assert received["x-goog-request-params"] == "project_id=p"
        assert received["blob-bin"].encode("latin-1") == bytes(range(256))
        assert "grpc-python" in received["user-agent"]
        assert not any(name.startswith((":", "grpc-")) for name in received if name != ":peer")

    def test_changing(self, served: Served, channel: grpc.Channel) -> None:
        """Metadata that changes from call to call is never answered from a cached block."""
        keep = stub(channel, methods.METADATA)
        for k in range(300):
            keep(b"", metadata=(("k", str(k % 7)), ("long", "v" * (k % 50))), timeout=TIMEOUT_S + k % 3)
        assert [(m["k"], len(m["long"])) for m in served.service.metadata] == [(str(k % 7), k % 50) for k in range(300)]


class TestConnections:
    @pytest.mark.slow
    def test_many_in_turn(self, served: Served) -> None:
        """A hundred channels one after the other leave nothing behind."""
        for k in range(100):
            options = [("grpc.use_local_subchannel_pool", 1)]
            with grpc.insecure_channel(served.address, options=options) as channel:
                assert call(channel, methods.ECHO, str(k).encode()) == str(k).encode()
        assert served.wait_until(lambda: len(served.listener._peers) == 0)

    @pytest.mark.slow
    def test_keepalive(self, served: Served) -> None:
        """A client that pings all the time is answered, and not sent away."""
        options = [
            ("grpc.keepalive_time_ms", 10),
            ("grpc.keepalive_timeout_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
        ]
        with grpc.insecure_channel(served.address, options=options) as channel:
            waiting = stub(channel, methods.WAIT).future(b"alive", timeout=TIMEOUT_S)
            with pytest.raises(grpc.FutureTimeoutError):
                waiting.result(timeout=0.5)
            served.release()
            assert waiting.result() == b"alive"

    def test_close_finishes_what_runs(self, served: Served, channel: grpc.Channel) -> None:
        """Closing says GOAWAY, lets a running call end, and then ends the connection."""
        waiting = stub(channel, methods.WAIT).future(b"last", timeout=TIMEOUT_S)
        assert served.wait_until(lambda: served.service.waiting == 1)
        served.close()
        served.release()
        assert waiting.result() == b"last"
        assert refusal(channel, methods.ECHO, timeout_s=2.0)[0] in {
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
        }
