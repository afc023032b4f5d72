"""The streams of one HTTP/2 connection: each is one request, from its first header block to the end of its reply.

Header blocks and data come in, calls start, and the outbox gets what is to be sent. A stream that breaks the rules
raises StreamError, which ends it alone.
"""

from collections import OrderedDict

from consistency.emulator.server.calls import Calls
from consistency.emulator.server.flow import ReceiveWindow
from consistency.emulator.server.frames import (
    END_STREAM,
    PADDED,
    ErrorCode,
    Http2Error,
    StreamError,
    pack_grant,
    pack_reset,
)
from consistency.emulator.server.headers import HeaderReader
from consistency.emulator.server.metadata import MalformedError
from consistency.emulator.server.outbox import Outbox
from consistency.emulator.server.padding import strip_data
from consistency.emulator.server.settings import BUFFERED_MAX_BYTES, CONNECTION_WINDOW, STREAMS_MAX
from consistency.emulator.server.streams import Stream, unpack_message
from consistency.emulator.status import Code, ServiceError

_RESETS_REMEMBERED = 1_000


class Requests:
    """The open streams, and which were opened before."""

    def __init__(self, calls: Calls, outbox: Outbox) -> None:
        self.open: dict[int, Stream] = {}
        self.last_id = 0
        self.accepting = True
        self._calls = calls
        self._outbox = outbox
        self._headers = HeaderReader()
        self._window = ReceiveWindow(CONNECTION_WINDOW)
        self._buffered_bytes = 0
        self._reset_ids: OrderedDict[int, None] = OrderedDict()  # frames still under way to these are no error

    def name_peer(self, address: str) -> None:
        """Where the client is: known once the connection is made."""
        self._headers.peer = address

    def take_block(self, flags: int, stream_id: int, block: bytes) -> None:
        """A whole header block: a new request, or the trailers of one."""
        if stream_id <= self.last_id:
            self._end_by_trailers(flags, stream_id, block)
            return
        self.last_id = stream_id
        try:
            head = self._headers.read(block)
        except MalformedError:
            raise StreamError(stream_id, ErrorCode.PROTOCOL_ERROR) from None
        if not self.accepting or len(self.open) >= STREAMS_MAX or self._outbox.overfull:
            raise StreamError(stream_id, ErrorCode.REFUSED_STREAM)
        stream = self.open[stream_id] = Stream(stream_id, head, self._outbox.stream_window)
        if head.refusal is not None:
            stream.ended = bool(flags & END_STREAM)
            self._outbox.refuse(stream, head.refusal)
        elif flags & END_STREAM:
            self._complete(stream, b"")

    def take_data(self, flags: int, stream_id: int, payload: bytes) -> None:
        """A DATA frame: nearly always the whole message."""
        frame_bytes = len(payload)
        grant = self._window.consume(frame_bytes)
        if grant:
            self._outbox.add(pack_grant(0, grant))
        stream = self.open.get(stream_id)
        if stream is None or stream.ended:
            self._refuse_data(stream_id)
            return
        if flags & PADDED:
            payload = strip_data(flags, stream_id, payload)
        if not flags & END_STREAM:
            self._collect(stream, payload, frame_bytes)
        elif stream.buffer:
            self._complete(stream, stream.buffer + payload)
        else:
            self._complete(stream, payload)

    def finish(self, stream: Stream) -> None:
        """The reply is framed. A client that is still sending is told to stop."""
        if stream.ended:
            del self.open[stream.id]
        else:
            self.reset(stream.id, ErrorCode.NO_ERROR)

    def reset(self, stream_id: int, code: ErrorCode) -> None:
        """End a stream from our side; what the client still sends on it is passed over."""
        self.drop(stream_id)
        self._outbox.add(pack_reset(stream_id, code))
        self._reset_ids[stream_id] = None
        if len(self._reset_ids) > _RESETS_REMEMBERED:
            self._reset_ids.popitem(last=False)

    def drop(self, stream_id: int) -> None:
        """Forget a stream, and stop its call if one runs."""
        stream = self.open.pop(stream_id, None)
        if stream is not None:
            self._release(stream)
            self._calls.cancel(stream)
            self._outbox.forget(stream)

    def drop_all(self) -> None:
        """The connection is gone."""
        for stream_id in list(self.open):
            self.drop(stream_id)

    def check_opened(self, stream_id: int) -> None:
        """Http2Error for a frame on a stream that the client never opened."""
        if stream_id > self.last_id or not stream_id & 1:
            raise Http2Error(ErrorCode.PROTOCOL_ERROR, f"stream {stream_id} is not open")

    def _complete(self, stream: Stream, body: bytes | bytearray) -> None:
        """The client has sent all: call the service."""
        stream.ended = True
        if stream.buffer:
            self._release(stream)
        announced = stream.head.content_length
        if announced is not None and announced != len(body):
            raise StreamError(stream.id, ErrorCode.PROTOCOL_ERROR)
        try:
            message = unpack_message(body)
        except ServiceError as error:
            self._calls.refuse(stream, error)
            return
        self._calls.start(stream, message)

    def _collect(self, stream: Stream, payload: bytes, frame_bytes: int) -> None:
        """Keep a part of a message. What a connection may keep is bounded, or many large parts would fill memory."""
        self._buffered_bytes += len(payload)
        try:
            grant = stream.collect(payload, frame_bytes)
            if self._buffered_bytes > BUFFERED_MAX_BYTES:
                text = "too many large requests are under way on this connection"
                raise ServiceError(Code.RESOURCE_EXHAUSTED, text)  # noqa: TRY301 - one way to refuse for both reasons
        except ServiceError as error:
            self._calls.refuse(stream, error)
            return
        if grant:
            self._outbox.add(pack_grant(stream.id, grant))

    def _release(self, stream: Stream) -> None:
        self._buffered_bytes -= len(stream.buffer)
        stream.buffer = bytearray()

    def _refuse_data(self, stream_id: int) -> None:
        self.check_opened(stream_id)
        if stream_id not in self._reset_ids:
            raise StreamError(stream_id, ErrorCode.STREAM_CLOSED)

    def _end_by_trailers(self, flags: int, stream_id: int, block: bytes) -> None:
        """A second header block ends the request; what it says is not used."""
        stream = self.open.get(stream_id)
        if stream is None and stream_id not in self._reset_ids:
            raise Http2Error(ErrorCode.STREAM_CLOSED, f"HEADERS on stream {stream_id}, which is closed")
        try:
            self._headers.read_trailers(block)
        except MalformedError:
            raise StreamError(stream_id, ErrorCode.PROTOCOL_ERROR) from None
        if stream is None:
            return
        if stream.ended:
            raise StreamError(stream_id, ErrorCode.STREAM_CLOSED)
        if not flags & END_STREAM:
            raise StreamError(stream_id, ErrorCode.PROTOCOL_ERROR)
        self._complete(stream, stream.buffer)
