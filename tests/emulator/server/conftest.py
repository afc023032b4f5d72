"""Fixtures of the wire's tests."""

from collections.abc import Iterator

import grpc
import pytest

from tests.emulator.server.served import Served, serve


@pytest.fixture
def served() -> Iterator[Served]:
    """A fresh listener in its own thread."""
    with serve() as running:
        yield running


@pytest.fixture
def channel(served: Served) -> Iterator[grpc.Channel]:
    """A C-core channel to it, with raised limits."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(served.address, options=options) as opened:
        yield opened
