"""Garbage, silence and crowds: an error to that client, nothing else disturbed, nothing leaked."""

import asyncio
import contextlib
import random
import resource
import socket
from collections.abc import Iterator

import pytest
from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, SettingsFrame, WindowUpdateFrame

from consistency import clock
from consistency.emulator.server import connection, sniffing
from consistency.emulator.server.frames import PREFACE
from consistency.emulator.server.listener import listen
from consistency.emulator.server.peers import Peers
from consistency.emulator.server.sniffing import Sniffer
from tests.emulator.server.raw import RawClient, fields, message
from tests.emulator.server.served import Served, Service
from tests.emulator.server.wires import Wire, connect, connect_unmade


def dialogue() -> bytes:
    """A valid connection with several requests."""
    encoder = Encoder()
    pieces = [PREFACE, SettingsFrame(settings={SettingsFrame.INITIAL_WINDOW_SIZE: 100}).serialize()]
    for k in range(4):
        pieces += [
            HeadersFrame(2 * k + 1, data=encoder.encode(fields()), flags=["END_HEADERS"]).serialize(),
            DataFrame(2 * k + 1, data=message(b"x" * 60 * k)[:30]).serialize(),
            PingFrame(opaque_data=b"12345678").serialize(),
            DataFrame(2 * k + 1, data=message(b"x" * 60 * k)[30:], flags=["END_STREAM"]).serialize(),
            WindowUpdateFrame(2 * k + 1, window_increment=50).serialize(),
        ]
    return b"".join(pieces)


def mutate(chance: random.Random, data: bytes) -> bytes:
    """A few bytes changed, dropped, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if not changed:
            break
        place = chance.randrange(len(changed) or 1)
        match chance.randrange(4):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                del changed[place : place + chance.randint(1, 20)]
            case 2:
                changed[place:place] = changed[place : place + chance.randint(1, 40)]
            case _:
                changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


class TestGarbage:
    @pytest.mark.slow
    def test_mutated_dialogues(self) -> None:
        """Whatever a connection is sent, it raises nothing, and at its end no stream or timer is left."""
        asyncio.run(self.send_mutations())

    async def send_mutations(self) -> None:
        """2,000 connections, the first of them valid."""
        chance, peers, service = random.Random(7), Peers(), Service()
        valid = dialogue()
        for k in range(2_000):
            client, wire = connect(service, peers)
            data = mutate(chance, valid) if k else valid
            while data:
                size = chance.randint(1, 400)
                client.take(data[:size])
                data = data[size:]
            if not k:
                assert service.calls == 4
                assert not wire.ended
            client.connection_lost(None)
            assert not client._exchange._requests.open
            assert client._exchange._requests._buffered_bytes == 0
        assert len(peers) == 0

    @pytest.mark.slow
    def test_random_bytes(self, served: Served) -> None:
        """Noise on the port, as HTTP/1.1 or behind HTTP/2's preface, ends that connection and no other."""
        chance = random.Random(11)
        with RawClient(served.port) as witness:
            for k in range(60):
                prefix = (b"", b"PRI", PREFACE, PREFACE + SettingsFrame().serialize())[k % 4]
                self.send_noise(served, prefix + chance.randbytes(2_000))
                witness.echo(2 * k + 1)
        assert served.wait_until(lambda: len(served.listener._peers) == 0)

    @staticmethod
    def send_noise(served: Served, noise: bytes) -> None:
        """Send bytes on a new connection and wait for its end."""
        address = ("127.0.0.1", served.port)
        with socket.create_connection(address, timeout=10.0) as noisy, contextlib.suppress(ConnectionError):
            noisy.sendall(noise)
            noisy.shutdown(socket.SHUT_WR)
            while noisy.recv(65_536):
                pass


class TestSilence:
    def test_no_first_bytes(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """A connection that never says what it speaks is closed."""
        monkeypatch.setattr(sniffing, "FIRST_BYTES_TIMEOUT_S", 0.02)
        with socket.create_connection(("127.0.0.1", served.port), timeout=10.0) as silent:
            silent.sendall(b"PR")
            with contextlib.suppress(ConnectionResetError):
                assert silent.recv(1) == b""

    def test_no_settings(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that speaks HTTP/2 but never greets is closed too; one that greeted may be silent."""
        monkeypatch.setattr(connection, "GREETING_TIMEOUT_S", 0.02)
        with RawClient(served.port, greet=False) as silent, RawClient(served.port) as greeted:
            silent.socket.sendall(PREFACE)
            while silent.read() is not None:
                pass
            greeted.echo(1)

    def test_working_connections_stay(self) -> None:
        """Once a connection has greeted, neither timer ends it."""

        async def use() -> None:
            wire, peers, service = Wire(), Peers(), Service()
            sniffer = Sniffer(peers, lambda: connect_unmade(service, peers), pytest.fail)
            sniffer.connection_made(wire)
            sniffer.data_received(dialogue())
            await asyncio.sleep(3_600.0)
            assert not wire.closed
            assert service.calls == 4
            assert len(peers) == 1

        clock.run(use(), virtual=True)

    def test_half_closed(self, served: Served) -> None:
        """A client that closes its half in the middle of a frame is gone."""
        with RawClient(served.port) as client:
            client.echo(1)
            client.socket.sendall(b"\0\0\x20\1\4\0\0")
            client.socket.shutdown(socket.SHUT_WR)
            assert client.read() is None
        assert served.wait_until(lambda: len(served.listener._peers) == 0)


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """This process may have 4,096 open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4_096:
        pytest.skip(f"this process may not have more than {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4_096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class TestCrowds:
    @pytest.mark.slow
    @pytest.mark.usefixtures("many_descriptors")
    def test_more_than_select_can_watch(self, served: Served) -> None:
        """Connections past what select() can watch are turned away; those before go on, and new ones come later."""
        with contextlib.ExitStack() as crowd:
            witness = crowd.enter_context(RawClient(served.port))
            for _ in range(700):  # both ends of each are in this process
                crowd.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=10.0))
            witness.echo(1)
        assert served.wait_until(lambda: len(served.listener._peers) == 0)
        with RawClient(served.port) as later:
            later.echo(1)


class TestListening:
    def test_busy_port(self, served: Served) -> None:
        """A port that is taken is told as the operating system tells it."""
        with pytest.raises(OSError, match="address already in use"):
            asyncio.run(self.listen_there("127.0.0.1", served.port))

    def test_unknown_host(self) -> None:
        """So is a host that does not exist."""
        with pytest.raises(OSError, match=r"."):
            asyncio.run(self.listen_there("no-such-host.invalid", 0))

    def test_localhost(self) -> None:
        """A name with several addresses is listened on at one of them, with one port."""
        asyncio.run(self.listen_there("localhost", 0))

    async def listen_there(self, host: str, port: int) -> None:
        """Listen, look, and stop."""
        listener = await listen(Service().call, host, port)
        assert listener.host == host
        assert listener.port > 0
        assert len(listener._server.sockets) == 1
        await listener.close()
