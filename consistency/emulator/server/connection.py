"""One HTTP/2 connection's socket: bytes come in and are cut into frames, what they cause goes out.

Every read event is answered by one write, or by several where the answers are large. Writing is bounded by not
reading: while the client does not take what it asked for, nothing more is read from it and what was read waits, so
neither a flood of PINGs nor of requests can pile up answers here.

All connections of a listener read into one buffer: asyncio would otherwise allocate 256 KiB for each read event, which
costs 26 us here, five times what the rest of an echo does. The buffer is free again when the event has been taken.
"""

import asyncio
import logging

from consistency.emulator.server.call import Call
from consistency.emulator.server.exchange import Exchange
from consistency.emulator.server.frames import (
    FRAME_MAX_BYTES,
    HEAD,
    HEAD_SIZE,
    PREFACE,
    WINDOW_MAX,
    ErrorCode,
    Http2Error,
)
from consistency.emulator.server.peers import Peers, describe_peer

_logger = logging.getLogger(__name__)
PIECE_BYTES = 2**20
GREETING_TIMEOUT_S = 10.0
LINGER_S = 1.0


class Http2Connection(asyncio.BufferedProtocol):
    """One client that speaks HTTP/2 with prior knowledge."""

    _transport: asyncio.Transport
    _timer: asyncio.TimerHandle

    def __init__(self, call: Call, peers: Peers, buffer: memoryview) -> None:
        """`buffer` may be shared with every other connection of the same loop."""
        self._peers = peers
        self._buffer = buffer
        self._exchange = Exchange(call, self._flush)
        self._unread = b""
        self._preface_seen = False
        self._failed = False
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet; the client has ten seconds to do so too."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._exchange.name_peer(describe_peer(transport))
        self._timer = asyncio.get_running_loop().call_later(GREETING_TIMEOUT_S, self._expect_greeting)
        self._peers.add(self)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what runs."""
        _logger.debug("an HTTP/2 client left: %r", exc)
        self._timer.cancel()
        self._exchange.end()
        self._peers.remove(self)

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where the next read event may write."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """One read event."""
        self.take(bytes(self._buffer[:nbytes]))

    def take(self, data: bytes) -> None:
        """What one read event brought."""
        if self._failed:
            return  # only waiting for the client to read the GOAWAY and to close
        if self._unread:
            data = self._unread + data
        try:
            self._unread = data[self._read(data) :]
        except Http2Error as error:
            self._fail(error)
        self._flush()

    def pause_writing(self) -> None:
        """The client takes nothing: ask it for nothing."""
        self._paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client takes again: go on with what was read, then read on."""
        self._paused = False
        self.take(b"")
        if not self._paused:
            self._transport.resume_reading()

    def drain(self) -> None:
        """GOAWAY; the connection closes when its last stream is answered."""
        if not self._failed:
            self._exchange.leave()
            self._flush()

    def abort(self) -> None:
        """Close now."""
        self._transport.abort()

    def _read(self, data: bytes) -> int:
        """Take all whole frames, while the client takes the answers; returns how many bytes they were."""
        position = 0
        if not self._preface_seen:
            if not PREFACE.startswith(data[: len(PREFACE)]):
                raise Http2Error(ErrorCode.PROTOCOL_ERROR, "the preface is not that of HTTP/2")
            if len(data) < len(PREFACE):
                return 0
            self._preface_seen = True
            position = len(PREFACE)
        outbox = self._exchange.outbox
        take, unpack, end = self._exchange.take, HEAD.unpack_from, len(data)
        while end - position >= HEAD_SIZE:
            high, low, kind, flags, stream_id = unpack(data, position)
            length = high << 8 | low
            if length > FRAME_MAX_BYTES:
                raise Http2Error(
                    ErrorCode.FRAME_SIZE_ERROR, f"a frame of {length} bytes: {FRAME_MAX_BYTES} are allowed"
                )
            start = position + HEAD_SIZE
            if start + length > end:
                break
            if outbox.pending_bytes > PIECE_BYTES:
                self._flush()
                if self._paused:
                    break
            position = start + length
            take(kind, flags, stream_id & WINDOW_MAX, data[start:position])
        return position

    def _flush(self) -> None:
        piece = self._exchange.outbox.take()
        if piece and not self._transport.is_closing():
            self._transport.write(piece)
        if self._exchange.over and not self._failed:
            self._transport.close()

    def _expect_greeting(self) -> None:
        if not self._exchange.greeted:
            self._transport.abort()

    def _fail(self, error: Http2Error) -> None:
        """GOAWAY, then close once the client has read it.

        Closing a socket that holds unread data makes the kernel send a reset, which may overtake the GOAWAY. So only
        our half is closed; the rest follows when the client closes, or after a second.
        """
        _logger.info("a client broke HTTP/2: %s", error)
        self._failed = True
        self._exchange.end()
        self._exchange.leave(error.code, error.reason)
        self._flush()
        if not self._transport.is_closing():
            self._transport.write_eof()
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)
