"""One request on its way in: the stream that carries it, and the message within its bytes.

DATA payloads come in, one request message goes out. A unary request is exactly one message with gRPC's five bytes
before it; anything else is refused with the status that gRPC's own servers give.
"""

import asyncio
import struct
from dataclasses import dataclass, field

from consistency.emulator.server.flow import ReceiveWindow
from consistency.emulator.server.metadata import Head
from consistency.emulator.status import Code, ServiceError

MESSAGE_MAX_BYTES = 16 * 2**20  # above the service's own limit of 10 MiB, so that the service can say it in its words
STREAM_WINDOW = 2**20
_PREFIX = struct.Struct(">BL")


@dataclass(slots=True, eq=False)
class Stream:
    """One stream from its HEADERS to the last frame of its reply."""

    id: int
    head: Head
    send_window: int
    ended: bool = False  # the client has sent all it will send
    buffer: bytearray = field(default_factory=bytearray)
    receive_window: ReceiveWindow | None = None  # made when a message needs more than one frame
    unsent: memoryview | None = None  # what is left of a reply that waits for window
    running: asyncio.Future[bytes] | None = None
    deadline: asyncio.TimerHandle | None = None

    def collect(self, payload: bytes, frame_bytes: int) -> int:
        """Keep a part of the message; returns the window to grant, if any; ServiceError where it can be no request."""
        if self.receive_window is None:
            self.receive_window = ReceiveWindow(STREAM_WINDOW)
        self.buffer += payload
        if len(self.buffer) >= _PREFIX.size and len(self.buffer) > _PREFIX.size + _message_bytes(self.buffer):
            raise _more_than_one()
        return self.receive_window.consume(frame_bytes)


def unpack_message(body: bytes | bytearray) -> bytes:
    """The message of a finished request body; ServiceError where that is not exactly one whole message."""
    if not body:
        raise ServiceError(Code.UNIMPLEMENTED, "a unary request is exactly one message, and none came")
    if len(body) < _PREFIX.size:
        raise ServiceError(Code.INTERNAL, "the request message is cut short")
    size = _PREFIX.size + _message_bytes(body)
    if len(body) < size:
        raise ServiceError(Code.INTERNAL, "the request message is cut short")
    if len(body) > size:
        raise _more_than_one()
    return bytes(body[_PREFIX.size :])


def _message_bytes(body: bytes | bytearray) -> int:
    """The length that a prefix announces; ServiceError where such a message is not taken."""
    compressed, length = _PREFIX.unpack_from(body)
    if compressed:
        raise ServiceError(Code.INTERNAL, "the message is marked as compressed, but no grpc-encoding was named")
    if length > MESSAGE_MAX_BYTES:
        text = f"the request message has {length} bytes, more than the {MESSAGE_MAX_BYTES} that are taken"
        raise ServiceError(Code.RESOURCE_EXHAUSTED, text)
    return int(length)


def _more_than_one() -> ServiceError:
    return ServiceError(Code.UNIMPLEMENTED, "a unary request is exactly one message, and more came")
