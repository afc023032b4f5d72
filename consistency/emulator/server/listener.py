"""The one listening socket of the emulator, for gRPC and for HTTP/1.1.

A call and an address come in, a Listener goes out. It listens on one socket only, also where a name has several
addresses: with port 0 two sockets would get two ports.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Collection

from consistency.emulator.server.admin import admin_route
from consistency.emulator.server.call import Call
from consistency.emulator.server.connection import Http2Connection
from consistency.emulator.server.control import STEERING_PATH, Control, control_routes, steering_route
from consistency.emulator.server.front import build_front
from consistency.emulator.server.http1 import Http1Connection
from consistency.emulator.server.peers import Peers
from consistency.emulator.server.routes import build_route
from consistency.emulator.server.sniffing import Sniffer
from consistency.emulator.server.transcoding import PATH, api_route

READ_BYTES = 262_144
GRACE_S = 5.0
_BACKLOG = 1_024


class Listener:
    """A server that listens."""

    def __init__(self, host: str, port: int, server: asyncio.Server, peers: Peers) -> None:
        self.host = host
        self.port = port
        self._server = server
        self._peers = peers

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self._server.sockets[0].getsockname()[0]).is_loopback

    async def close(self) -> None:
        """Accept nothing new, let what runs finish (five seconds at most), close every connection."""
        self._server.close()
        await self._peers.close(GRACE_S)
        await self._server.wait_closed()


async def listen(
    call: Call,
    host: str,
    port: int,
    *,
    control: Control | None = None,
    allowed_origins: Collection[str] = (),
) -> Listener:
    """Serve `call` at host and port (0: any free one); OSError where the address cannot be had.

    `control`: what the control endpoints do (nothing). Pages of `allowed_origins`, such as "http://localhost:3000", may
    use HTTP/1.1; those of any other origin may not.
    """
    peers = Peers()
    control = control or Control()
    folders = {PATH: api_route(call, admin_route(call)), STEERING_PATH: steering_route(control)}
    front = build_front(build_route(control_routes(control), folders), host, allowed_origins)
    buffer = memoryview(bytearray(READ_BYTES))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Sniffer(
            peers, lambda: Http2Connection(call, peers, buffer), lambda: Http1Connection(front, peers, buffer)
        ),
        await _resolve(host, port),
        port,
        backlog=_BACKLOG,
    )
    return Listener(host, server.sockets[0].getsockname()[1], server, peers)


async def _resolve(host: str, port: int) -> str:
    """One address of the host, of IPv4 where it has one."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return str(addresses[0][4][0])
