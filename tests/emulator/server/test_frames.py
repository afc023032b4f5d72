"""HTTP/2 frame by frame, as RFC 9113 has it: what clients rarely send, and what they must not."""

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    SettingsFrame,
)

from consistency.emulator.server.frames import PREFACE, ErrorCode
from consistency.emulator.server.settings import STREAMS_MAX
from tests.emulator.server.raw import RawClient, fields, message
from tests.emulator.server.served import Served


class TestPreface:
    def test_settings_come_first(self, served: Served) -> None:
        """The server greets at once, and acknowledges the client's settings."""
        with RawClient(served.port) as client:
            first = client.read()
            assert isinstance(first, SettingsFrame)
            assert first.settings[SettingsFrame.MAX_CONCURRENT_STREAMS] == STREAMS_MAX
            client.read_until(lambda frame: isinstance(frame, SettingsFrame) and "ACK" in frame.flags)
            client.echo(1)

    def test_byte_by_byte(self, served: Served) -> None:
        """Where reads cut the bytes makes no difference."""
        with RawClient(served.port, greet=False) as client:
            request = client.headers(1, fields()).serialize()
            request += DataFrame(1, data=message(b"slow"), flags=["END_STREAM"]).serialize()
            for byte in PREFACE + SettingsFrame().serialize() + request:
                client.socket.sendall(bytes([byte]))
            assert client.read_reply(1)[1] == b"slow"

    @pytest.mark.parametrize("preface", [b"PRI * HTTP/2.0\r\n\r\nXX", b"PRIVATE", PREFACE[:-1] + b"?"])
    def test_wrong(self, served: Served, preface: bytes) -> None:
        """A preface that goes wrong after its first bytes is told so."""
        with RawClient(served.port, greet=False) as client:
            client.socket.sendall(preface)
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_no_settings(self, served: Served) -> None:
        """The first frame must be SETTINGS."""
        with RawClient(served.port, greet=False) as client:
            client.socket.sendall(PREFACE + PingFrame(opaque_data=b"12345678").serialize())
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_acknowledged_first(self, served: Served) -> None:
        """An acknowledgement is not the client's SETTINGS."""
        with RawClient(served.port, greet=False) as client:
            client.socket.sendall(PREFACE + SettingsFrame(flags=["ACK"]).serialize())
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)


class TestHeaderBlocks:
    def test_continuation(self, served: Served) -> None:
        """A block in any number of pieces, empty ones too, is one block."""
        with RawClient(served.port) as client:
            block = client.encoder.encode(fields())
            client.send(
                HeadersFrame(1, data=block[:3]),
                ContinuationFrame(1, data=b""),
                ContinuationFrame(1, data=block[3:9]),
                ContinuationFrame(1, data=block[9:], flags=["END_HEADERS"]),
                DataFrame(1, data=message(b"pieces"), flags=["END_STREAM"]),
            )
            assert client.read_reply(1)[1] == b"pieces"

    def test_interrupted(self, served: Served) -> None:
        """Nothing may stand within a block, not even a frame of an unknown kind."""
        for intruder in (PingFrame(), ExtensionFrame(0xBE, 0), HeadersFrame(3), DataFrame(1)):
            with RawClient(served.port) as client:
                client.send(HeadersFrame(1, data=b"\x82"), intruder)
                client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_of_another_stream(self, served: Served) -> None:
        """A block is continued on its own stream."""
        with RawClient(served.port) as client:
            client.send(HeadersFrame(1, data=b"\x82"), ContinuationFrame(3, data=b""))
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_nothing_to_continue(self, served: Served) -> None:
        """CONTINUATION alone means nothing."""
        with RawClient(served.port) as client:
            client.send(ContinuationFrame(1, data=b"", flags=["END_HEADERS"]))
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_endless(self, served: Served) -> None:
        """A block that never ends is not collected for ever."""
        with RawClient(served.port) as client:
            client.send(HeadersFrame(1, data=b""), *[ContinuationFrame(1, data=bytes(16_000))] * 5)
            client.expect_goaway(ErrorCode.ENHANCE_YOUR_CALM)

    def test_padding_and_priority(self, served: Served) -> None:
        """Padding and priority are passed over."""
        with RawClient(served.port) as client:
            headers = HeadersFrame(1, data=client.encoder.encode(fields()), pad_length=7, depends_on=0, stream_weight=9)
            headers.flags |= {"END_HEADERS", "PADDED", "PRIORITY"}
            data = DataFrame(1, data=message(b"padded"), pad_length=255, flags=["END_STREAM", "PADDED"])
            client.send(PriorityFrame(1, depends_on=3), headers, data)
            assert client.read_reply(1)[1] == b"padded"

    @pytest.mark.parametrize(("kind", "payload"), [(0x0, b"\x05ab"), (0x1, b"\x05ab"), (0x1, b"")])
    def test_padding_too_long(self, served: Served, kind: int, payload: bytes) -> None:
        """Padding longer than its frame breaks the connection."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()))
            client.send_raw(kind, 0xC, 1 if kind == 0 else 3, payload)
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_trailers(self, served: Served) -> None:
        """A client may end its request with trailers."""
        with RawClient(served.port) as client:
            trailers = client.headers(1, fields()), client.headers(1, [("x-checksum", "1")], "END_STREAM")
            client.send(trailers[0], DataFrame(1, data=message(b"then trailers")), trailers[1])
            assert client.read_reply(1)[1] == b"then trailers"
            client.echo(3)

    @pytest.mark.parametrize(
        ("trailers", "flags"), [([(":path", "/x")], ["END_STREAM"]), ([("X-Upper", "1")], ["END_STREAM"]), ([], [])]
    )
    def test_bad_trailers(self, served: Served, trailers: list[tuple[str, str]], flags: list[str]) -> None:
        """Trailers with pseudo fields, or that do not end the stream, break the stream alone."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()), client.headers(1, trailers, *flags))
            client.expect_reset(1, ErrorCode.PROTOCOL_ERROR)


class TestControl:
    def test_ping(self, served: Served) -> None:
        """A PING comes back with its eight bytes; the answer to one is not answered."""
        with RawClient(served.port) as client:
            client.send(PingFrame(opaque_data=b"unwanted", flags=["ACK"]), PingFrame(opaque_data=b"abcdefgh"))
            frame = client.read_until(lambda frame: isinstance(frame, PingFrame))
            assert "ACK" in frame.flags
            assert isinstance(frame, PingFrame)
            assert frame.opaque_data == b"abcdefgh"

    def test_unknown_frames(self, served: Served) -> None:
        """Frames of unknown kinds and unknown settings are passed over."""
        with RawClient(served.port) as client:
            client.send_raw(0xBE, 0xFF, 0, b"what")
            client.send_raw(0xBF, 0xFF, 1, b"what")
            client.send(SettingsFrame(settings={0x99: 1}), PriorityFrame(99, depends_on=1))
            client.echo(1)

    @pytest.mark.parametrize(
        ("kind", "flags", "stream_id", "payload"),
        [
            (0x2, 0, 1, bytes(4)),
            (0x3, 0, 1, bytes(5)),
            (0x4, 0, 0, bytes(5)),
            (0x4, 1, 0, bytes(6)),
            (0x6, 0, 0, bytes(7)),
            (0x7, 0, 0, bytes(7)),
            (0x8, 0, 0, bytes(3)),
            (0x0, 0, 1, bytes(16_385)),
            (0xEE, 0, 0, bytes(16_385)),
        ],
    )
    def test_sizes(self, served: Served, kind: int, flags: int, stream_id: int, payload: bytes) -> None:
        """A frame of a size that it cannot have ends the connection."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()))
            client.send_raw(kind, flags, stream_id, payload)
            client.expect_goaway(ErrorCode.FRAME_SIZE_ERROR)

    @pytest.mark.parametrize(
        ("kind", "stream_id", "payload"),
        [
            (0x0, 0, b""),
            (0x1, 0, b"\x82"),
            (0x1, 2, b"\x82"),
            (0x2, 0, bytes(5)),
            (0x3, 0, bytes(4)),
            (0x4, 1, b""),
            (0x6, 1, bytes(8)),
            (0x7, 1, bytes(8)),
        ],
    )
    def test_streams(self, served: Served, kind: int, stream_id: int, payload: bytes) -> None:
        """A frame on a stream where it cannot stand ends the connection."""
        with RawClient(served.port) as client:
            client.send_raw(kind, 0x4 if kind == 1 else 0, stream_id, payload)
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    @pytest.mark.parametrize(
        ("setting", "value", "code"),
        [
            (SettingsFrame.ENABLE_PUSH, 2, ErrorCode.PROTOCOL_ERROR),
            (SettingsFrame.INITIAL_WINDOW_SIZE, 2**31, ErrorCode.FLOW_CONTROL_ERROR),
            (SettingsFrame.MAX_FRAME_SIZE, 16_383, ErrorCode.PROTOCOL_ERROR),
            (SettingsFrame.MAX_FRAME_SIZE, 2**24, ErrorCode.PROTOCOL_ERROR),
        ],
    )
    def test_settings_out_of_range(self, served: Served, setting: int, value: int, code: ErrorCode) -> None:
        """A setting that no client may have ends the connection."""
        with RawClient(served.port) as client:
            client.send(SettingsFrame(settings={setting: value}))
            client.expect_goaway(code)

    def test_push(self, served: Served) -> None:
        """A client cannot push."""
        with RawClient(served.port) as client:
            client.send(PushPromiseFrame(1, promised_stream_id=2))
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)
