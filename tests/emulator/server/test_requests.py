"""What a gRPC request may look like, and what is said to one that may not."""

import asyncio
import logging

import pytest
from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, RstStreamFrame, SettingsFrame

from consistency import clock
from consistency.emulator.server.frames import PREFACE, ErrorCode
from consistency.emulator.server.metadata import MalformedError, parse_head, parse_timeout_s
from consistency.emulator.server.peers import Peers
from consistency.emulator.server.replies import encode_message
from tests.emulator.server.raw import RawClient, fields, message
from tests.emulator.server.served import ECHO, GIVE_UP, METADATA, SLEEP, WAIT, Served, Service
from tests.emulator.server.wires import connect


class TestHttp:
    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"method": "GET"}, "405"),
            ({"method": "PUT"}, "405"),
            ({"content_type": "text/plain"}, "415"),
            ({"content_type": "application/grpc-web"}, "415"),
            ({"content_type": "application/grpc+json"}, "415"),
            ({"content_type": ""}, "415"),
        ],
    )
    def test_not_grpc(self, served: Served, changes: dict[str, str], status: str) -> None:
        """What is not gRPC is told so by HTTP's own status, and the connection goes on."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields(**changes), "END_STREAM"))
            assert client.read_reply(1)[0][":status"] == status
            client.echo(3)

    @pytest.mark.parametrize("content_type", ["application/grpc", "application/grpc+proto", "application/grpc;v=1"])
    def test_grpc(self, served: Served, content_type: str) -> None:
        """All names of gRPC with protobuf are taken."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields(content_type=content_type)))
            client.send(DataFrame(1, data=message(b"x"), flags=["END_STREAM"]))
            assert client.read_reply(1) == (
                {":status": "200", "content-type": "application/grpc", "grpc-status": "0"},
                b"x",
            )

    @pytest.mark.parametrize(
        "wrong",
        [
            [*fields(), (":path", "/late")],
            [*fields(), (":method", "POST")],
            [(":method", "POST"), (":scheme", "http")],
            fields(path=""),
            fields(ECHO, (":unknown", "1")),
            fields(ECHO, ("Upper", "1")),
            fields(ECHO, ("connection", "close")),
            fields(ECHO, ("te", "gzip")),
            fields(ECHO, ("a b", "1")),
            fields(ECHO, ("a", "1\n2")),
            fields(ECHO, ("content-length", "x")),
        ],
    )
    def test_malformed(self, served: Served, wrong: list[tuple[str, str]]) -> None:
        """Header fields that HTTP/2 forbids break their stream alone."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, wrong))
            client.expect_reset(1, ErrorCode.PROTOCOL_ERROR)

    @pytest.mark.parametrize("length", ["7", "9"])
    def test_content_length(self, served: Served, length: str) -> None:
        """A content-length must be true."""
        with RawClient(served.port) as client:
            client.request(1, b"abc", ECHO, ("content-length", "8"))
            assert client.read_reply(1)[1] == b"abc"
            client.request(3, b"abc", ECHO, ("content-length", length))
            client.expect_reset(3, ErrorCode.PROTOCOL_ERROR)


class TestMessages:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 12),
            (message(b"one") + message(b"two"), 12),
            (message(b"one") + b"\0", 12),
            (message(b"one")[:-1], 13),
            (b"\0\0\0", 13),
            (message(b"one", flag=1), 13),
            (message(b"one", flag=7), 13),
            (b"\0\xff\xff\xff\xff", 8),
        ],
    )
    @pytest.mark.parametrize("pieces", [1, 2])
    def test_not_one_message(self, served: Served, body: bytes, status: int, pieces: int) -> None:
        """A body that is not exactly one plain message gets gRPC's status for it, however it is cut."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()))
            middle = len(body) // 2 if pieces == 2 else 0
            client.send(DataFrame(1, data=body[:middle]), DataFrame(1, data=body[middle:], flags=["END_STREAM"]))
            client.expect_status(1, status)

    def test_refused_early(self, served: Served) -> None:
        """A message that is too long by its prefix is refused before the rest of it is sent."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()), DataFrame(1, data=b"\0\x7f\xff\xff\xff" + bytes(100)))
            client.expect_status(1, 8)

    def test_no_body_at_all(self, served: Served) -> None:
        """HEADERS that end the stream carry no message."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields(), "END_STREAM"))
            client.expect_status(1, 12)

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "snappy"])
    def test_compressed(self, served: Served, encoding: str) -> None:
        """A compressed message is refused with the list of what is taken; identity is taken."""
        with RawClient(served.port) as client:
            client.request(1, b"x", ECHO, ("grpc-encoding", encoding), ("grpc-accept-encoding", encoding))
            assert client.expect_status(1, 12)["grpc-accept-encoding"] == "identity"
            client.request(201, b"x", ECHO, ("grpc-encoding", "identity"))
            assert client.read_reply(201)[1] == b"x"


class TestTimeouts:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("1H", 3600), ("2M", 120), ("3S", 3), ("250m", 0.25), ("10u", 1e-5), ("7n", 7e-9), ("99999999S", 99_999_999)],
    )
    def test_units(self, text: str, seconds: float) -> None:
        """Every unit of gRPC is understood."""
        assert parse_timeout_s(text) == pytest.approx(seconds)

    @pytest.mark.parametrize("text", ["", "1", "S", "1s", "-1S", "1.5S", "123456789S", "1 S", "٣S"])
    def test_malformed(self, served: Served, text: str) -> None:
        """A timeout that cannot be understood is refused in words."""
        with pytest.raises(ValueError, match="grpc-timeout"):
            parse_timeout_s(text)
        if text.isascii():
            with RawClient(served.port) as client:
                client.request(1, b"", ECHO, ("grpc-timeout", text))
                assert "grpc-timeout" in client.expect_status(1, 13)["grpc-message"]

    def test_expires_here(self, served: Served) -> None:
        """The server ends a waiting call by itself at its deadline, whether or not the client does."""
        with RawClient(served.port) as client:
            client.request(1, b"", WAIT, ("grpc-timeout", "20m"))
            client.expect_status(1, 4)
            assert served.wait_until(lambda: served.service.cancelled == 1)

    def test_is_forgotten(self) -> None:
        """A deadline that passes after the answer does nothing, nor does one after a reset or the connection's end."""

        async def use() -> None:
            service, peers, encoder = Service(), Peers(), Encoder()
            client, wire = connect(service, peers)
            client.take(PREFACE + SettingsFrame().serialize())
            for stream in (1, 3, 5):
                request = fields(SLEEP if stream == 1 else WAIT, ("grpc-timeout", "9S"))
                block = HeadersFrame(stream, data=encoder.encode(request), flags=["END_HEADERS"]).serialize()
                client.take(block + DataFrame(stream, data=message(b""), flags=["END_STREAM"]).serialize())
            await asyncio.sleep(1.0)
            client.take(RstStreamFrame(3).serialize())
            client.connection_lost(None)
            written = len(wire.written)
            await asyncio.sleep(60.0)
            assert len(wire.written) == written
            assert (service.waiting, service.cancelled) == (0, 2)

        clock.run(use(), virtual=True)

    def test_in_time(self, served: Served) -> None:
        """A call that ends before its deadline is answered, and the deadline forgotten."""
        with RawClient(served.port) as client:
            client.request(1, b"in time", WAIT, ("grpc-timeout", "10S"))
            assert served.wait_until(lambda: served.service.waiting == 1)
            served.release()
            assert client.read_reply(1)[1] == b"in time"
            client.echo(3)


class TestMetadata:
    def test_values(self, served: Served) -> None:
        """Repeated names are joined; binary values are decoded with and without padding."""
        with RawClient(served.port) as client:
            extra = [("k", "1"), ("k", "2"), ("b-bin", "AAE"), ("b-bin", "//8=, /w"), ("e-bin", "")]
            client.request(1, b"", METADATA, *extra)
            assert client.read_reply(1)[0]["grpc-status"] == "0"
        (received,) = served.service.metadata
        peer = received[":peer"]
        assert peer.startswith("127.0.0.1:")
        assert dict(received) == {":peer": peer, "k": "1,2", "b-bin": "\0\1,\xff\xff,\xff", "e-bin": ""}

    def test_cannot_be_changed(self) -> None:
        """One head serves many requests, so that none may change it."""
        head = parse_head([(name.encode(), value.encode()) for name, value in fields(ECHO, ("k", "1"))])
        with pytest.raises(TypeError):
            head.metadata["k"] = "2"  # type: ignore[index] # that is the point

    def test_not_base64(self, served: Served) -> None:
        """A binary value that is none is refused in words."""
        with RawClient(served.port) as client:
            client.request(1, b"", METADATA, ("b-bin", "*"))
            assert "b-bin" in client.expect_status(1, 13)["grpc-message"]

    def test_malformed_type(self) -> None:
        """A field name with a byte outside ASCII is malformed."""
        with pytest.raises(MalformedError):
            parse_head([(b":method", b"POST"), ("ä".encode(), b"")])


class TestAnswers:
    def test_status_message_is_ascii(self) -> None:
        """Only printable ASCII goes out as it is, and the percent sign never."""
        assert encode_message("a b~") == "a b~"
        assert encode_message("100 %\n") == "100 %25%0A"
        assert encode_message("ü") == "%C3%BC"
        assert encode_message("\ud800") == "?"
        assert len(encode_message("\U0001f389" * 10_000)) <= 12_000

    def test_call_that_gives_up(self, served: Served, caplog: pytest.LogCaptureFixture) -> None:
        """A call that the service itself cancels is answered as cancelled."""
        with RawClient(served.port) as client, caplog.at_level(logging.ERROR):
            client.request(1, b"", GIVE_UP)
            client.expect_status(1, 1)
        assert caplog.text == ""
