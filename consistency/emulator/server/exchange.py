"""What each frame of one HTTP/2 connection means.

Frames come in, frames go to the outbox; there is no socket here. What may come next is which table of actions is in
place: at first only SETTINGS, after HEADERS without END_HEADERS only CONTINUATION, otherwise all of them.

Two sizes of error: StreamError resets one stream here and now; Http2Error leaves, and ends the connection.
"""

from collections.abc import Callable

from consistency.emulator.server.call import Call
from consistency.emulator.server.calls import Calls
from consistency.emulator.server.frames import (
    ACK,
    END_HEADERS,
    PADDED,
    PRIORITISED,
    WINDOW_MAX,
    ErrorCode,
    Http2Error,
    StreamError,
    pack_goaway,
    pack_ping_ack,
)
from consistency.emulator.server.headers import BLOCK_MAX_BYTES
from consistency.emulator.server.outbox import Outbox
from consistency.emulator.server.padding import strip_headers
from consistency.emulator.server.requests import Requests
from consistency.emulator.server.settings import (
    FRAME_MAX_BYTES_SETTING,
    GREETING,
    SETTINGS_ACK,
    STREAM_WINDOW_SETTING,
    parse_settings,
)
from consistency.emulator.server.streams import Stream

Action = Callable[[int, int, bytes], None]  # flags, stream, payload


class Exchange:
    """The state of one connection above its frames."""

    def __init__(self, call: Call, flush: Callable[[], None]) -> None:
        """`flush` writes the outbox when an answer comes outside a read event."""
        self.outbox = Outbox(self._finish)
        self._requests = Requests(Calls(call, self.outbox, flush), self.outbox)
        self._block = (0, 0, bytearray())  # flags, stream and fragments of a header block that goes on
        self._all: tuple[Action, ...] = (
            self._requests.take_data,
            self._take_headers,
            _take_priority,
            self._take_reset,
            self._take_settings,
            _refuse_push,
            self._take_ping,
            self._take_goaway,
            self._take_window_update,
            _refuse_continuation,
        )
        self._actions: tuple[Action, ...] = (_refuse_first,) * 4 + (self._take_first_settings,) + (_refuse_first,) * 5
        self.outbox.add(GREETING)

    @property
    def greeted(self) -> bool:
        """Whether the client's first SETTINGS have come."""
        return self._actions[0] is not _refuse_first

    @property
    def over(self) -> bool:
        """Whether the connection may end: no stream is open, and no further one is taken."""
        return not self._requests.accepting and not self._requests.open

    def name_peer(self, address: str) -> None:
        """Where the client is: known once the connection is made."""
        self._requests.name_peer(address)

    def take(self, kind: int, flags: int, stream_id: int, payload: bytes) -> None:
        """One frame. Http2Error where the connection cannot go on."""
        try:
            if kind < len(self._actions):
                self._actions[kind](flags, stream_id, payload)
            elif self._actions is not self._all:
                raise Http2Error(ErrorCode.PROTOCOL_ERROR, "a frame of an unknown kind where only one kind may stand")
        except StreamError as error:
            self._requests.reset(error.stream_id, error.code)

    def leave(self, code: ErrorCode = ErrorCode.NO_ERROR, reason: str = "") -> None:
        """Tell the client that no further stream is taken."""
        self._requests.accepting = False
        self.outbox.add(pack_goaway(self._requests.last_id, code, reason))

    def end(self) -> None:
        """The connection is gone: give up every stream."""
        self._requests.drop_all()

    def _finish(self, stream: Stream) -> None:
        self._requests.finish(stream)

    def _take_headers(self, flags: int, stream_id: int, payload: bytes) -> None:
        if not stream_id & 1:
            raise Http2Error(ErrorCode.PROTOCOL_ERROR, f"a client cannot open stream {stream_id}")
        if flags & (PADDED | PRIORITISED):
            payload = strip_headers(flags, stream_id, payload)
        if flags & END_HEADERS:
            self._requests.take_block(flags, stream_id, payload)
        else:
            self._block = (flags, stream_id, bytearray(payload))
            self._actions = (_refuse_interruption,) * 9 + (self._take_continuation,)

    def _take_continuation(self, flags: int, stream_id: int, payload: bytes) -> None:
        first_flags, first_id, block = self._block
        if stream_id != first_id:
            raise Http2Error(ErrorCode.PROTOCOL_ERROR, "CONTINUATION of another stream")
        block += payload
        if len(block) > BLOCK_MAX_BYTES:
            raise Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "the header block is too large")
        if flags & END_HEADERS:
            self._actions = self._all
            self._block = (0, 0, bytearray())
            self._requests.take_block(first_flags, first_id, bytes(block))

    def _take_reset(self, _flags: int, stream_id: int, payload: bytes) -> None:
        _check_size("RST_STREAM", payload, 4)
        self._requests.check_opened(stream_id)
        self._requests.drop(stream_id)

    def _take_first_settings(self, flags: int, stream_id: int, payload: bytes) -> None:
        if flags & ACK:
            raise Http2Error(ErrorCode.PROTOCOL_ERROR, "the first frame must be SETTINGS, not their acknowledgement")
        self._actions = self._all
        self._take_settings(flags, stream_id, payload)

    def _take_settings(self, flags: int, stream_id: int, payload: bytes) -> None:
        settings = parse_settings(flags, stream_id, payload)
        if settings is None:
            return
        self.outbox.add(SETTINGS_ACK)
        self.outbox.frame_max_bytes = settings.get(FRAME_MAX_BYTES_SETTING, self.outbox.frame_max_bytes)
        if STREAM_WINDOW_SETTING in settings:
            self.outbox.change_stream_window(settings[STREAM_WINDOW_SETTING], self._requests.open.values())

    def _take_ping(self, flags: int, stream_id: int, payload: bytes) -> None:
        _check_size("PING", payload, 8)
        _check_connection("PING", stream_id)
        if not flags & ACK:
            self.outbox.add(pack_ping_ack(payload))

    def _take_goaway(self, _flags: int, stream_id: int, payload: bytes) -> None:
        """The client leaves: the connection closes when its open streams are answered."""
        if len(payload) < 8:
            raise Http2Error(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY has at least 8 bytes")
        _check_connection("GOAWAY", stream_id)
        self._requests.accepting = False

    def _take_window_update(self, _flags: int, stream_id: int, payload: bytes) -> None:
        _check_size("WINDOW_UPDATE", payload, 4)
        increment = int.from_bytes(payload, "big") & WINDOW_MAX
        if stream_id:
            self._requests.check_opened(stream_id)
            self._grant_stream(stream_id, increment)
        elif increment:
            self.outbox.grant(increment)
        else:
            raise Http2Error(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0")

    def _grant_stream(self, stream_id: int, increment: int) -> None:
        if not increment:
            raise StreamError(stream_id, ErrorCode.PROTOCOL_ERROR)
        stream = self._requests.open.get(stream_id)
        if stream is not None:  # a closed stream's window may still be opened: the client did not know
            self.outbox.grant_stream(stream, increment)


def _take_priority(_flags: int, stream_id: int, payload: bytes) -> None:
    """Priorities are advice, and not taken (RFC 9113, section 5.3)."""
    _check_size("PRIORITY", payload, 5)
    if not stream_id:
        raise Http2Error(ErrorCode.PROTOCOL_ERROR, "PRIORITY without a stream")


def _refuse_push(_flags: int, _stream_id: int, _payload: bytes) -> None:
    raise Http2Error(ErrorCode.PROTOCOL_ERROR, "a client cannot push")


def _refuse_first(_flags: int, _stream_id: int, _payload: bytes) -> None:
    raise Http2Error(ErrorCode.PROTOCOL_ERROR, "the first frame must be SETTINGS")


def _refuse_interruption(_flags: int, _stream_id: int, _payload: bytes) -> None:
    raise Http2Error(ErrorCode.PROTOCOL_ERROR, "a header block must be continued before anything else")


def _refuse_continuation(_flags: int, _stream_id: int, _payload: bytes) -> None:
    raise Http2Error(ErrorCode.PROTOCOL_ERROR, "CONTINUATION without a header block to continue")


def _check_size(name: str, payload: bytes, size: int) -> None:
    if len(payload) != size:
        raise Http2Error(ErrorCode.FRAME_SIZE_ERROR, f"{name} has {size} bytes, not {len(payload)}")


def _check_connection(name: str, stream_id: int) -> None:
    if stream_id:
        raise Http2Error(ErrorCode.PROTOCOL_ERROR, f"{name} on a stream")
