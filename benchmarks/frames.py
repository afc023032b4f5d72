"""A client that costs almost nothing: prepared HTTP/2 frames over one socket, 16 requests in one write.

Messages come in, a rate goes out. Python's gRPC client takes longer for a call than the servers that are measured, so
with it alone a fast server and a very fast one look alike.
"""

import socket
import statistics
import struct
import time
from collections.abc import Callable

from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, SettingsFrame, WindowUpdateFrame

STREAMS = 16
WINDOW_MAX = 2**31 - 1
FRAME_HEAD = struct.Struct(">HBBBL")
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def call_frames(port: int, method: str, make: Callable[[], bytes], seconds: float) -> tuple[int, float, float]:
    """Calls, seconds and median time of a batch: 16 requests in one write, then all 16 replies.

    Every request of `make` must be as long as the first one.
    """
    encoder = Encoder()
    first, later = encoder.encode(_fields(method)), encoder.encode(_fields(method))
    example = make()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        settings = SettingsFrame(settings={SettingsFrame.INITIAL_WINDOW_SIZE: WINDOW_MAX}).serialize()
        wide = WindowUpdateFrame(0, window_increment=WINDOW_MAX - 65_535).serialize()
        connection.sendall(_GREETING + settings + wide + _frame(1, first, example))
        _read_ends(connection, 1)
        stream, durations = 3, []
        template = _frame(1, later, b"")
        started = now = time.perf_counter()
        while now < started + seconds:
            connection.sendall(b"".join(_renumber(template, stream + 2 * k, make()) for k in range(STREAMS)))
            _read_ends(connection, STREAMS)
            stream += 2 * STREAMS
            durations.append(time.perf_counter() - now)
            now = time.perf_counter()
    return STREAMS * len(durations), now - started, statistics.median(durations)


def _fields(method: str) -> list[tuple[str, str]]:
    return [(":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "h"), ("te", "trailers"),
            ("content-type", "application/grpc"), ("user-agent", "frames"), ("grpc-timeout", "30S")]  # fmt: skip


def _frame(stream: int, block: bytes, message: bytes) -> bytes:
    """HEADERS and, where there is a message, DATA."""
    headers = bytes(HeadersFrame(stream, data=block, flags=["END_HEADERS"]).serialize())
    return headers + _data(stream, message) if message else headers


def _data(stream: int, message: bytes) -> bytes:
    content = b"\0" + len(message).to_bytes(4, "big") + message
    return bytes(DataFrame(stream, data=content, flags=["END_STREAM"]).serialize())


def _renumber(headers: bytes, stream: int, message: bytes) -> bytes:
    """The template's HEADERS on another stream, and the message behind them."""
    number, size = stream.to_bytes(4, "big"), len(message)
    head = FRAME_HEAD.pack((size + 5) >> 8, (size + 5) & 255, 0, 1, stream)
    return b"%b%b%b%b\0%b%b" % (headers[:5], number, headers[9:], head, size.to_bytes(4, "big"), message)


def _read_ends(connection: socket.socket, count: int) -> None:
    """Read until so many streams have ended, and nothing is left over."""
    unread, received = b"", 0
    while count or unread:
        if not (some := connection.recv(65_536)):
            raise ConnectionError("the server has closed the connection")
        unread += some
        while len(unread) >= FRAME_HEAD.size:
            high, low, kind, flags, _ = FRAME_HEAD.unpack_from(unread)
            size = FRAME_HEAD.size + (high << 8 | low)
            if len(unread) < size:
                break
            count -= kind in {0, 1} and flags & 1
            received += (size - FRAME_HEAD.size) * (kind == 0)
            unread = unread[size:]
    if received:
        connection.sendall(WindowUpdateFrame(0, window_increment=received).serialize())
