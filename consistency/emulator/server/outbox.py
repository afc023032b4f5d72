"""Everything that goes out on one HTTP/2 connection.

Replies and control frames come in; bytes go out, one piece per read event. A reply that fits the windows and one
frame, nearly every one, is framed at once; any other waits in a queue and is sent as the client grants window, the
oldest first, passing over those whose own stream has no window left.
"""

from collections.abc import Callable, Iterable

from consistency.emulator.server.frames import (
    DATA,
    FRAME_MAX_BYTES,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    ErrorCode,
    Http2Error,
    StreamError,
    pack_head,
)
from consistency.emulator.server.replies import HEADERS_BLOCK, NO_TABLE, TRAILERS_BLOCK, frame_block, frame_reply
from consistency.emulator.server.streams import Stream

WAITING_MAX_BYTES = 256 * 2**20  # of replies that wait for window, on one connection


class Outbox:
    """The frames to send next, the windows that the client granted, and the replies that wait for them."""

    def __init__(self, finish: Callable[[Stream], None]) -> None:
        """`finish` is told of each stream whose reply is framed to its end."""
        self._finish = finish
        self._frames: list[bytes | memoryview] = []
        self._window = WINDOW_DEFAULT
        self._waiting: dict[int, Stream] = {}
        self._no_table = NO_TABLE
        self.pending_bytes = 0  # of messages in frames that are to be written next
        self.stream_window = WINDOW_DEFAULT
        self.frame_max_bytes = FRAME_MAX_BYTES

    @property
    def overfull(self) -> bool:
        """Whether so much waits for window that no further request should be taken."""
        waiting = self._waiting
        return bool(waiting) and sum(len(stream.unsent or b"") for stream in waiting.values()) > WAITING_MAX_BYTES

    def add(self, frame: bytes) -> None:
        """Send a control frame next."""
        self._frames.append(frame)

    def take(self) -> bytes:
        """All that is to be written now."""
        piece = b"".join(self._frames)
        self._frames.clear()
        self.pending_bytes = 0
        return piece

    def reply(self, stream: Stream, message: bytes) -> None:
        """Answer a stream with a message and status OK."""
        size = len(message) + 5
        fits = size <= self._window and size <= stream.send_window and size <= self.frame_max_bytes
        if fits and not self._no_table:
            self._window -= size
            self.pending_bytes += size
            self._frames.append(frame_reply(stream.id, message))
            self._finish(stream)
            return
        self._add_block(stream, HEADERS_BLOCK, last=False)
        stream.unsent = memoryview(b"\0" + len(message).to_bytes(4, "big") + message)
        self._waiting[stream.id] = stream
        self._send_part(stream)

    def refuse(self, stream: Stream, block: bytes) -> None:
        """Answer a stream with one header block and nothing else."""
        self._add_block(stream, block, last=True)
        self._finish(stream)

    def forget(self, stream: Stream) -> None:
        """Send no more of this stream."""
        self._waiting.pop(stream.id, None)

    def grant(self, increment: int) -> None:
        """The client opens the connection's window; Http2Error where it would be larger than 2^31 - 1."""
        self._window += increment
        if self._window > WINDOW_MAX:
            raise Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window is larger than 2^31 - 1")
        self._send_waiting()

    def grant_stream(self, stream: Stream, increment: int) -> None:
        """The client opens one stream's window; StreamError where it would be larger than 2^31 - 1."""
        stream.send_window += increment
        if stream.send_window > WINDOW_MAX:
            raise StreamError(stream.id, ErrorCode.FLOW_CONTROL_ERROR)
        if stream.unsent is not None:
            self._send_part(stream)

    def change_stream_window(self, size: int, streams: Iterable[Stream]) -> None:
        """The client's new INITIAL_WINDOW_SIZE: it moves open streams' windows too, even below zero."""
        change, self.stream_window = size - self.stream_window, size
        for stream in streams:
            stream.send_window += change
            if stream.send_window > WINDOW_MAX:
                raise Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "a stream's window is larger than 2^31 - 1")
        self._send_waiting()

    def _add_block(self, stream: Stream, block: bytes, *, last: bool) -> None:
        """Before the first block, say that our encoder's table has size 0.

        It never uses one. Said once, this satisfies a client that shrinks SETTINGS_HEADER_TABLE_SIZE at any time
        and then must be told of a smaller table in the next block (RFC 7541, section 4.2).
        """
        self._frames.append(frame_block(stream.id, self._no_table + block, last=last))
        self._no_table = b""

    def _send_waiting(self) -> None:
        for stream in list(self._waiting.values()):
            self._send_part(stream)

    def _send_part(self, stream: Stream) -> None:
        """Frame as much of the reply as the windows allow; at its end the trailers."""
        unsent = stream.unsent
        assert unsent is not None
        while unsent:
            size = min(len(unsent), self._window, stream.send_window, self.frame_max_bytes)
            if size <= 0:
                stream.unsent = unsent
                return
            self._frames += (pack_head(size, DATA, 0, stream.id), unsent[:size])
            unsent = unsent[size:]
            self._window -= size
            self.pending_bytes += size
            stream.send_window -= size
        del self._waiting[stream.id]
        self._add_block(stream, TRAILERS_BLOCK, last=True)
        self._finish(stream)
