"""HTTP/2 connections without a socket: tests say what arrives, and when."""

import asyncio

from consistency.emulator.server.connection import Http2Connection
from consistency.emulator.server.peers import Peers
from tests.emulator.server.served import Service


class NoSocket:
    """What stands for a wire's socket. Thousands of real ones would stay open until the collector comes."""

    def setsockopt(self, *_: int) -> None:
        """Nothing listens."""

    def fileno(self) -> int:
        """One that any loop could watch."""
        return 0


class Wire(asyncio.Transport):
    """A transport that goes nowhere and remembers what was done to it."""

    def __init__(self) -> None:
        super().__init__({"socket": NoSocket()})
        self.written = bytearray()
        self.closed = False
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take anything, until the end."""
        assert data
        assert not self.ended
        self.written += data

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Nothing ever arrives, so that it does not matter who would take it."""

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def write_eof(self) -> None:
        """Our half is closed."""
        self.ended = True

    def close(self) -> None:
        """Both halves are."""
        self.closed = True

    def abort(self) -> None:
        """At once."""
        self.closed = True


def connect_unmade(service: Service, peers: Peers) -> Http2Connection:
    """A connection to the service that has no transport yet."""
    return Http2Connection(service.call, peers, memoryview(bytearray(1)))


def connect(service: Service, peers: Peers) -> tuple[Http2Connection, Wire]:
    """A connection to the service, and its transport."""
    client, wire = connect_unmade(service, peers), Wire()
    client.connection_made(wire)
    return client, wire
