"""One HTTP/1.1 connection over asyncio streams: requests one after the other, each answered before the next is read.

Bytes come in, the front is asked, bytes go out. It is written for reading: one task per connection, in a straight line.

All connections of a listener read into one buffer, as those of HTTP/2 do: asyncio would otherwise allocate 256 KiB for
each read event.
"""

import asyncio
import logging
from dataclasses import replace
from http import HTTPStatus

from consistency.emulator.server.front import Front
from consistency.emulator.server.http1_requests import BadRequestError, read_request
from consistency.emulator.server.peers import Peers, describe_peer
from consistency.emulator.server.routes import Response, refuse
from consistency.emulator.status import Code

_logger = logging.getLogger(__name__)
HEAD_MAX_BYTES = 65_536
REQUEST_TIMEOUT_S = 30.0
LINGER_S = 1.0


class Http1Connection(asyncio.StreamReaderProtocol, asyncio.BufferedProtocol):
    """One client that speaks HTTP/1.1."""

    def __init__(self, front: Front, peers: Peers, buffer: memoryview) -> None:
        """`buffer` may be shared with every other connection of the same loop."""
        self._reader = asyncio.StreamReader(limit=HEAD_MAX_BYTES)
        super().__init__(self._reader)
        self._front = front
        self._peers = peers
        self._buffer = buffer
        self._busy = False
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to serve."""
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._writer = asyncio.StreamWriter(transport, self, self._reader, asyncio.get_running_loop())
        self._serving = asyncio.create_task(self._serve())
        self._peers.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what runs."""
        super().connection_lost(exc)
        self._serving.cancel()
        self._peers.remove(self)

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where the next read event may write."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """One read event."""
        self.data_received(bytes(self._buffer[:nbytes]))

    def take(self, data: bytes) -> None:
        """What was read before this connection was known to speak HTTP/1.1."""
        self.data_received(data)

    def drain(self) -> None:
        """Answer the request that is under way, then close."""
        self._leaving = True
        if not self._busy:
            self._writer.close()

    def abort(self) -> None:
        """Close now."""
        self._writer.transport.abort()

    async def _serve(self) -> None:
        try:
            while await self._serve_one():
                pass
        except BadRequestError as error:
            await self._give_up(refuse(Code.INVALID_ARGUMENT, str(error), http_status=error.status))
        except TimeoutError:
            await self._give_up(refuse(Code.DEADLINE_EXCEEDED, "the request did not come in time", http_status=408))
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            _logger.debug("an HTTP/1.1 client left in the middle: %r", error)
        finally:
            self._writer.close()

    async def _serve_one(self) -> bool:
        """Answer one request; false where the connection ends with it."""
        first = await self._reader.read(1)
        if not first:
            return False
        self._busy = True
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            request = await read_request(first, self._reader, self._writer)
        request = replace(request, headers={**request.headers, ":peer": describe_peer(self._writer.transport)})
        response = await self._front(request)
        keep = request.keep_alive and not self._leaving
        await self._write(response, keep=keep, bodiless=request.method == "HEAD")
        if response.after is not None:
            response.after()
        self._busy = False
        return keep

    async def _write(self, response: Response, *, keep: bool, bodiless: bool = False) -> None:
        self._writer.write(_encode_head(response, keep=keep) + (b"" if bodiless else response.body))
        await self._writer.drain()

    async def _give_up(self, response: Response) -> None:
        """Answer, close our half, and read on for a second.

        Closing a socket that holds unread data makes the kernel send a reset, which may overtake the answer.
        """
        self._busy = True
        await self._write(response, keep=False)
        self._writer.write_eof()
        try:
            async with asyncio.timeout(LINGER_S):
                while await self._reader.read(65_536):
                    pass
        except TimeoutError:
            _logger.debug("an HTTP/1.1 client did not close after its bad request")


def _encode_head(response: Response, *, keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
    if response.status != 204:
        lines += [f"content-type: {response.content_type}", f"content-length: {len(response.body)}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append("connection: keep-alive" if keep else "connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"
