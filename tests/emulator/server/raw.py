"""A client of raw frames on a plain socket: it says exactly what a test wants said, right or wrong."""

import socket
from collections.abc import Callable, Iterable
from types import TracebackType

from hpack import Decoder, Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

from consistency.emulator.server.frames import PREFACE, ErrorCode
from tests.emulator.server.served import ECHO

Fields = list[tuple[str, str]]
TIMEOUT_S = 10.0


def fields(path: str = ECHO, *extra: tuple[str, str], **changes: str) -> Fields:
    """The header fields of a gRPC request; `changes` replace pseudo fields and content_type."""
    found = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "test", "te": "trailers"}
    found["content-type"] = changes.pop("content_type", "application/grpc")
    found |= {f":{name}": value for name, value in changes.items()}
    return [*found.items(), *extra]


def message(content: bytes, flag: int = 0) -> bytes:
    """gRPC's prefix and the content."""
    return bytes([flag]) + len(content).to_bytes(4, "big") + content


class RawClient:
    """One connection. Frames that were read are kept in `frames`."""

    def __init__(self, port: int, *, greet: bool = True, settings: dict[int, int] | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encoder = Encoder()
        self.decoder = Decoder()
        self.frames: list[Frame] = []
        self._unread = b""
        if greet:
            self.socket.sendall(PREFACE + SettingsFrame(settings=settings or {}).serialize())

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.socket.close()

    def send(self, *frames: Frame) -> None:
        """Write frames in one piece."""
        self.socket.sendall(b"".join(frame.serialize() for frame in frames))

    def send_raw(self, kind: int, flags: int, stream_id: int, payload: bytes) -> None:
        """Write a frame that hyperframe would refuse to build."""
        head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream_id.to_bytes(4, "big")
        self.socket.sendall(head + payload)

    def build_request(self, stream_id: int, content: bytes, path: str, *extra: tuple[str, str]) -> bytes:
        """The bytes of one whole request."""
        headers = self.headers(stream_id, fields(path, *extra))
        data = DataFrame(stream_id, data=message(content), flags=["END_STREAM"])
        return bytes(headers.serialize() + data.serialize())

    def request(self, stream_id: int, content: bytes = b"", path: str = ECHO, *extra: tuple[str, str]) -> None:
        """Send one whole request."""
        self.socket.sendall(self.build_request(stream_id, content, path, *extra))

    def request_in_parts(self, stream_id: int, content: bytes, path: str = ECHO) -> None:
        """Send a request of many frames, without minding the window."""
        self.send(self.headers(stream_id, fields(path)))
        body = message(content)
        for start in range(0, len(body), 16_384):
            self.send(DataFrame(stream_id, data=body[start : start + 16_384]))
        self.send(DataFrame(stream_id, data=b"", flags=["END_STREAM"]))

    def headers(self, stream_id: int, request: Fields, *flags: str) -> HeadersFrame:
        """A HEADERS frame with the whole block."""
        return HeadersFrame(stream_id, data=self.encoder.encode(request), flags=["END_HEADERS", *flags])

    def read(self) -> Frame | None:
        """The next frame, None at the end of the connection. TimeoutError where nothing comes."""
        while len(self._unread) < 9 or len(self._unread) < 9 + int.from_bytes(self._unread[:3], "big"):
            try:
                more = self.socket.recv(65_536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self._unread += more
        frame, size = Frame.parse_frame_header(memoryview(self._unread)[:9])
        frame.parse_body(memoryview(self._unread)[9 : 9 + size])
        self._unread = self._unread[9 + size :]
        self.frames.append(frame)
        return frame

    def read_until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first frame that is wanted; the connection must not end before."""
        while True:
            frame = self.read()
            assert frame is not None, f"the connection ended after {self.frames}"
            if wanted(frame):
                return frame

    def read_reply(self, stream_id: int) -> tuple[dict[str, str], bytes]:
        """All header fields and the message of one reply; replies must be read in the order in which they come."""
        found: dict[str, str] = {}
        body = b""
        while True:
            frame = self.read_until(lambda frame: frame.stream_id == stream_id)
            if isinstance(frame, HeadersFrame):
                found |= {str(name): str(value) for name, value in self.decoder.decode(frame.data)}
            elif isinstance(frame, DataFrame):
                body += frame.data
            assert not isinstance(frame, RstStreamFrame), frame
            if "END_STREAM" in frame.flags:
                assert not body or body == message(body[5:])
                return found, body[5:]

    def echo(self, stream_id: int, content: bytes = b"still here") -> None:
        """Assert that the connection serves a call."""
        self.request(stream_id, content)
        found, body = self.read_reply(stream_id)
        assert (found["grpc-status"], body) == ("0", content)

    def expect_goaway(self, code: ErrorCode) -> GoAwayFrame:
        """Assert that the server ends the connection for this reason."""
        frame = self.read_until(lambda frame: isinstance(frame, GoAwayFrame))
        assert isinstance(frame, GoAwayFrame)
        assert ErrorCode(frame.error_code) is code, frame
        while self.read() is not None:
            pass
        return frame

    def expect_reset(self, stream_id: int, code: ErrorCode) -> None:
        """Assert that the server ends one stream for this reason, and serves another after it."""
        frame = self.read_until(lambda frame: isinstance(frame, RstStreamFrame))
        assert isinstance(frame, RstStreamFrame)
        assert (frame.stream_id, ErrorCode(frame.error_code)) == (stream_id, code)
        self.echo(stream_id + 100)

    def expect_status(self, stream_id: int, number: int) -> dict[str, str]:
        """Assert that a call ends with this status, and that another is served after it."""
        found, _ = self.read_reply(stream_id)
        assert found["grpc-status"] == str(number), found
        self.echo(stream_id + 100)
        return found


def kinds(frames: Iterable[Frame]) -> list[str]:
    """The frames' kinds, for an assertion that reads well."""
    return [type(frame).__name__.removesuffix("Frame") for frame in frames]
