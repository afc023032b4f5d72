"""Inputs that no client would send, and an emulator without a socket that takes them.

Valid calls are mutated, or noise is drawn; each of KINDS makes one input of a chance and sends it, as a connection of
HTTP/2 or HTTP/1.1 or straight to an RPC. What is left behind by one is asserted where it is sent.
"""

import asyncio
import contextlib
import inspect
import json
from collections.abc import Awaitable, Callable
from random import Random
from typing import NamedTuple

from google.protobuf import json_format
from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, SettingsFrame, WindowUpdateFrame

from benchmarks.samples import SAMPLES
from consistency.emulator.hosting import build_control
from consistency.emulator.server.connection import Http2Connection
from consistency.emulator.server.control import control_routes
from consistency.emulator.server.frames import PREFACE
from consistency.emulator.server.front import build_front
from consistency.emulator.server.http1 import Http1Connection
from consistency.emulator.server.peers import Peers
from consistency.emulator.server.routes import build_route
from consistency.emulator.server.transcoding import METHODS, PATH, api_route
from consistency.emulator.service import Service
from consistency.emulator.status import ServiceError
from tests.emulator.server.raw import fields, message
from tests.emulator.server.test_resilience import mutate
from tests.emulator.server.wires import Wire

PREFIX = "/google.datastore.v1.Datastore/"
WAIT_S = 60.0


class Call(NamedTuple):
    """One valid request: the word of its RPC, and its bytes as protobuf and as JSON."""

    word: str
    protobuf: bytes
    text: bytes


class Target:
    """An emulator with everything but a socket, and the connections' common parts."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.peers = Peers()
        self.buffer = memoryview(bytearray(1))
        routes = control_routes(build_control(service, lambda: None))
        self.front = build_front(build_route(routes, {PATH: api_route(service.call)}), "127.0.0.1", ())
        self.calls = [
            Call(
                word,
                json_format.ParseDict(sample, METHODS[word].request()).SerializeToString(),
                json.dumps(sample).encode(),
            )
            for word, samples in SAMPLES.items()
            for sample in samples
        ]


async def send_http2(target: Target, chance: Random, data: bytes) -> None:
    """The bytes on a connection of HTTP/2, in pieces; at its end nothing is open."""
    connection, wire = Http2Connection(target.service.call, target.peers, target.buffer), Wire()
    connection.connection_made(wire)
    while data:
        size = chance.randint(1, 2_000)
        connection.take(data[:size])
        data = data[size:]
    await asyncio.sleep(0)
    connection.connection_lost(None)
    requests = connection._exchange._requests  # noqa: SLF001 - what is left open is seen only here
    assert not requests.open, "a stream is left open"
    assert requests._buffered_bytes == 0, "a part of a message is left"  # noqa: SLF001


async def send_http1(target: Target, data: bytes) -> None:
    """The bytes on a connection of HTTP/1.1, after which the client closes; at its end no task is left."""
    connection = Http1Connection(target.front, target.peers, target.buffer)
    connection.connection_made(Wire())
    connection.take(data)
    connection.eof_received()
    await asyncio.wait_for(asyncio.wait([connection._serving]), WAIT_S)  # noqa: SLF001 - nothing else tells its end
    connection.connection_lost(None)


async def call_rpc(target: Target, word: str, data: bytes) -> None:
    """The bytes as the request of an RPC, which may refuse them."""
    with contextlib.suppress(ServiceError):
        reply = target.service.call(PREFIX + METHODS[word].name, {}, data)
        if inspect.isawaitable(reply):
            reply = await asyncio.wait_for(reply, WAIT_S)
        METHODS[word].reply.FromString(reply)


def make_dialogue(calls: list[Call]) -> bytes:
    """A valid connection of HTTP/2 with these calls."""
    encoder = Encoder()
    pieces = [PREFACE, SettingsFrame(settings={SettingsFrame.INITIAL_WINDOW_SIZE: 1_000}).serialize()]
    for stream, call in zip(range(1, 2_000, 2), calls, strict=False):
        body = message(call.protobuf)
        block = encoder.encode(fields(PREFIX + METHODS[call.word].name))
        pieces += [
            HeadersFrame(stream, data=block, flags=["END_HEADERS"]).serialize(),
            DataFrame(stream, data=body[:50]).serialize(),
            PingFrame(opaque_data=b"12345678").serialize(),
            DataFrame(stream, data=body[50:], flags=["END_STREAM"]).serialize(),
            WindowUpdateFrame(stream, window_increment=500).serialize(),
        ]
    return b"".join(pieces)


def make_request(call: Call, *, as_protobuf: bool) -> bytes:
    """A valid request of HTTP/1.1."""
    body, kind = (call.protobuf, "x-protobuf") if as_protobuf else (call.text, "json")
    lines = ["Host: h", f"Content-Type: application/{kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([f"POST {PATH}p:{call.word} HTTP/1.1", *lines, "", ""]).encode() + body


def mutate_message(target: Target, chance: Random) -> tuple[str, bytes]:
    """A valid message with bytes changed, or the halves of two."""
    one, other = chance.choice(target.calls), chance.choice(target.calls)
    if chance.random() < 0.2:
        cut = chance.randrange(len(one.protobuf) + 1)
        return one.word, one.protobuf[:cut] + other.protobuf[-cut:]
    return one.word, mutate(chance, one.protobuf)


async def fuzz_http2_noise(target: Target, chance: Random) -> None:
    """Random bytes behind the preface, or behind valid SETTINGS too."""
    greeting = PREFACE if chance.random() < 0.5 else PREFACE + SettingsFrame().serialize()
    await send_http2(target, chance, greeting + chance.randbytes(chance.randint(0, 2_000)))


async def fuzz_http2_dialogue(target: Target, chance: Random) -> None:
    """A mutated dialogue of four calls."""
    await send_http2(target, chance, mutate(chance, make_dialogue(chance.choices(target.calls, k=4))))


async def fuzz_http1_noise(target: Target, chance: Random) -> None:
    """Random bytes where a request is expected, in the half of cases with a head that is none."""
    noise = chance.randbytes(chance.randint(1, 2_000))
    await send_http1(target, noise if chance.random() < 0.5 else noise + b"\r\n\r\n" + noise)


async def fuzz_http1_request(target: Target, chance: Random) -> None:
    """A mutated request."""
    data = make_request(chance.choice(target.calls), as_protobuf=chance.random() < 0.5)
    await send_http1(target, mutate(chance, data))


async def fuzz_json(target: Target, chance: Random) -> None:
    """A whole request whose JSON is mutated."""
    call = chance.choice(target.calls)
    await send_http1(target, make_request(call._replace(text=mutate(chance, call.text)), as_protobuf=False))


async def fuzz_message(target: Target, chance: Random) -> None:
    """A mutated message, now and then noise, straight to the RPC."""
    word, data = mutate_message(target, chance)
    await call_rpc(target, word, chance.randbytes(200) if chance.random() < 0.05 else data)


KINDS: dict[str, Callable[[Target, Random], Awaitable[None]]] = {
    "HTTP/2, noise": fuzz_http2_noise,
    "HTTP/2, mutated dialogues": fuzz_http2_dialogue,
    "HTTP/1.1, noise": fuzz_http1_noise,
    "HTTP/1.1, mutated requests": fuzz_http1_request,
    "HTTP/1.1, mutated JSON": fuzz_json,
    "RPCs, mutated messages": fuzz_message,
}
