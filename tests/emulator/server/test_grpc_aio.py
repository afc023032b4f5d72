"""grpc.aio as a peer: the client that the probes use."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import grpc.aio
import pytest

from tests.emulator.server.served import ECHO, MAKE, REFUSE, SLEEP, WAIT, Served

TIMEOUT_S = 20.0


def stub(channel: grpc.aio.Channel, method: str) -> "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]":
    """A method with bytes on both sides."""
    return channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)


def run(served: Served, use: Callable[[grpc.aio.Channel], Awaitable[None]]) -> None:
    """Use a channel on a loop of its own."""

    async def main() -> None:
        options = [("grpc.max_receive_message_length", -1)]
        async with grpc.aio.insecure_channel(served.address, options=options) as channel:
            await use(channel)

    asyncio.run(main())


class TestAio:
    def test_messages(self, served: Served) -> None:
        """Small and large messages pass in both directions."""

        async def use(channel: grpc.aio.Channel) -> None:
            for size in (0, 100, 70_000, 2_000_000):
                assert await stub(channel, ECHO)(b"x" * size, timeout=TIMEOUT_S) == b"x" * size
            assert len(await stub(channel, MAKE)(b"5000000", timeout=TIMEOUT_S)) == 5_000_000

        run(served, use)

    @pytest.mark.slow
    def test_two_hundred_at_once(self, served: Served) -> None:
        """200 concurrent calls each get their own answer."""

        async def use(channel: grpc.aio.Channel) -> None:
            stubs = [stub(channel, SLEEP if k % 2 else ECHO) for k in range(200)]
            calls = [stub(str(k).encode(), timeout=TIMEOUT_S) for k, stub in enumerate(stubs)]
            assert await asyncio.gather(*calls) == [str(k).encode() for k in range(200)]

        run(served, use)

    def test_statuses(self, served: Served) -> None:
        """Statuses arrive with their message."""

        async def use(channel: grpc.aio.Channel) -> None:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub(channel, REFUSE)("10 später".encode(), timeout=TIMEOUT_S)
            assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.ABORTED, "später")

        run(served, use)

    def test_cancel_and_deadline(self, served: Served) -> None:
        """Cancelling and a deadline both stop the call here."""

        async def use(channel: grpc.aio.Channel) -> None:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub(channel, WAIT)(b"", timeout=0.03)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            call = stub(channel, WAIT)(b"", timeout=TIMEOUT_S)
            assert await asyncio.to_thread(served.wait_until, lambda: served.service.waiting == 1)
            call.cancel()
            assert await stub(channel, ECHO)(b"next", timeout=TIMEOUT_S) == b"next"

        run(served, use)
        assert served.wait_until(lambda: served.service.waiting == 0)
