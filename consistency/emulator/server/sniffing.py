"""Which protocol a new connection speaks, by its first three bytes.

HTTP/2 with prior knowledge begins with "PRI", which is no method of HTTP/1.1. The connection is then handed to its
protocol, with the bytes read so far, and this stage is no longer in the path.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

from consistency.emulator.server.connection import Http2Connection
from consistency.emulator.server.http1 import Http1Connection
from consistency.emulator.server.peers import Peers

FIRST_BYTES_TIMEOUT_S = 10.0
DESCRIPTOR_MAX = 1_000
_logger = logging.getLogger(__name__)
_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
_MARK = b"PRI"


class Sniffer(asyncio.Protocol):
    """A connection of which nothing is known yet."""

    _transport: asyncio.Transport
    _timer: asyncio.TimerHandle

    def __init__(
        self, peers: Peers, open_http2: Callable[[], Http2Connection], open_http1: Callable[[], Http1Connection]
    ) -> None:
        self._peers = peers
        self._open_http2 = open_http2
        self._open_http1 = open_http1
        self._first = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for bytes, but not for ever.

        select() cannot watch descriptors from 1,024 on, and asyncio's loop would die of one: a client that opens
        that many connections is turned away, and the loop serves the others.
        """
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(FIRST_BYTES_TIMEOUT_S, transport.abort)
        self._peers.add(self)
        connected = transport.get_extra_info("socket")
        watch_for_silence(connected)
        if connected.fileno() >= DESCRIPTOR_MAX:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing was ever asked."""
        _logger.debug("a client left without a word: %r", exc)
        self._timer.cancel()
        self._peers.remove(self)

    def data_received(self, data: bytes) -> None:
        """Hand over as soon as the first bytes tell."""
        self._first += data
        if len(self._first) < len(_MARK) and _MARK.startswith(self._first):
            return
        self._timer.cancel()
        successor = self._open_http2() if self._first.startswith(_MARK) else self._open_http1()
        self._transport.set_protocol(successor)
        successor.connection_made(self._transport)
        self._peers.remove(self)
        successor.take(self._first)

    def drain(self) -> None:
        """Nothing runs: close."""
        self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self._transport.abort()


def watch_for_silence(connected: socket.socket) -> None:
    """Let the kernel ask after a client that has not been heard of for a minute, and end the connection if it is gone.

    An HTTP/2 client may rightly be silent for hours; only its host's answer tells it from one that lost its network.
    """
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):  # not every system lets a socket choose
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
