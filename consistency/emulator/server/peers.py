"""The connections of one listener: what closing asks of each, and knowing when the last is gone."""

import asyncio
import contextlib
from typing import Protocol


class Peer(Protocol):
    """One connection, whatever it speaks."""

    def drain(self) -> None:
        """Take nothing new, finish what runs, then close."""

    def abort(self) -> None:
        """Close now."""


def describe_peer(transport: asyncio.BaseTransport) -> str:
    """The client's address and port: what tells one connection from another."""
    host, port, *_ = transport.get_extra_info("peername") or ("", 0)
    return f"{host}:{port}"


class Peers:
    """The open connections."""

    def __init__(self) -> None:
        self._open: set[Peer] = set()
        self._changed = asyncio.Event()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, peer: Peer) -> None:
        """A connection was made, or changed its protocol."""
        self._open.add(peer)
        if self.draining:
            peer.drain()

    def remove(self, peer: Peer) -> None:
        """A connection was lost, or changed its protocol."""
        self._open.discard(peer)
        self._changed.set()

    async def close(self, grace_s: float) -> None:
        """Drain all; abort what is still open after the grace; return when none is left."""
        self.draining = True
        for peer in list(self._open):
            peer.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._wait_empty()
        for peer in list(self._open):
            peer.abort()
        await self._wait_empty()

    async def _wait_empty(self) -> None:
        while self._open:
            self._changed.clear()
            await self._changed.wait()
