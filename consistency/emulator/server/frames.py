"""The words of HTTP/2 (RFC 9113): frame kinds, flags, error codes and the two sizes of error.

The hot path packs and unpacks frame heads by struct; control frames, which are rare, go through hyperframe.
"""

import struct
from enum import IntEnum

from hyperframe.frame import GoAwayFrame, RstStreamFrame, WindowUpdateFrame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD = struct.Struct(">HBBBL")  # length (16 + 8 bits), kind, flags, stream
HEAD_SIZE = 9
FRAME_MAX_BYTES = 16_384  # the smallest limit that the protocol allows us to announce, and its default
WINDOW_DEFAULT = 65_535
WINDOW_MAX = 2**31 - 1

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITISED = 0x20


class ErrorCode(IntEnum):
    """The error codes of RST_STREAM and GOAWAY."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    ENHANCE_YOUR_CALM = 0xB


class Http2Error(Exception):
    """The peer broke the protocol: the connection ends with GOAWAY(code)."""

    def __init__(self, code: ErrorCode, reason: str) -> None:
        super().__init__(f"{code.name}: {reason}")
        self.code = code
        self.reason = reason


class StreamError(Exception):
    """One stream is broken: it ends with RST_STREAM(code), the connection goes on."""

    def __init__(self, stream_id: int, code: ErrorCode) -> None:
        super().__init__(f"stream {stream_id}: {code.name}")
        self.stream_id = stream_id
        self.code = code


def pack_head(length: int, kind: int, flags: int, stream_id: int) -> bytes:
    """The nine bytes before a frame's payload."""
    return HEAD.pack(length >> 8, length & 0xFF, kind, flags, stream_id)


def pack_reset(stream_id: int, code: ErrorCode) -> bytes:
    """A RST_STREAM frame."""
    return bytes(RstStreamFrame(stream_id, error_code=code).serialize())


def pack_grant(stream_id: int, increment: int) -> bytes:
    """A WINDOW_UPDATE frame; stream 0 is the connection."""
    return bytes(WindowUpdateFrame(stream_id, window_increment=increment).serialize())


def pack_goaway(last_stream_id: int, code: ErrorCode, reason: str) -> bytes:
    """A GOAWAY frame whose debug data is the reason in words."""
    frame = GoAwayFrame(last_stream_id=last_stream_id, error_code=code, additional_data=reason.encode())
    return bytes(frame.serialize())


def pack_ping_ack(payload: bytes) -> bytes:
    """The answer to a PING."""
    return pack_head(8, PING, ACK, 0) + payload
