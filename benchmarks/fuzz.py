"""Fuzzing: inputs that no client would send, at the wire and at the service; nothing may crash, hang or grow.

Six kinds of input take turns: noise and mutated dialogues of HTTP/2; noise, mutated requests and mutated JSON of
HTTP/1.1; mutated messages and noise straight to the RPCs. All that is drawn comes from the seed, and every thousandth
input the emulator is emptied and the chance begins anew: `python -m benchmarks.fuzz 1000 SEED FIRST` repeats the
thousand from FIRST on.

Transports that go nowhere carry the bytes: a hundred thousand connections would measure the kernel. What an input may
cause is an error to whoever sent it; what else is raised, is logged as a bug of ours or stays open is a failure.
"""

import asyncio
import contextlib
import gc
import inspect
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Self

from google.protobuf import json_format
from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, SettingsFrame, WindowUpdateFrame

from benchmarks.rounds import Size, ask_child
from benchmarks.samples import SAMPLES
from benchmarks.tables import Goal, Row, Table
from consistency import clock
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
from consistency.emulator.settings import Settings
from consistency.emulator.status import ServiceError
from tests.emulator.server.raw import fields, message
from tests.emulator.server.test_resilience import mutate
from tests.emulator.server.wires import Wire

INPUTS = 102_000
SEED = 7
BLOCK = 1_000  # inputs between two beginnings
WARM_BLOCKS = 10  # after which caches of bounded size are full
HANG_S = 10
SLOW_MS = 1_000.0
GROWTH_MIB = 8.0
PREFIX = "/google.datastore.v1.Datastore/"
WAIT_S = 60.0
HOUR_S = 3_600.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Call(NamedTuple):
    """One valid request: the word of its RPC, and its bytes as protobuf and as JSON."""

    word: str
    protobuf: bytes
    text: bytes


class Complaints(logging.Handler):
    """What this thread logged as a bug of ours, from `with` to its end."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []
        self.addFilter(lambda record: record.thread == threading.get_ident())

    def __enter__(self) -> Self:
        logging.getLogger("consistency").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("consistency").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the error's own words."""
        error = record.exc_info[1] if record.exc_info else None
        self.texts.append(f"{record.getMessage()}: {error!r}")


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


async def fuzz(inputs: int, seed: int, first: int) -> dict[str, Any]:
    """All inputs; what failed, how long each kind took, the slowest, and what memory grew by once it was warm."""
    with Complaints() as complaints:
        return await send_inputs(inputs, seed, first, complaints)


async def send_inputs(inputs: int, seed: int, first: int, complaints: Complaints) -> dict[str, Any]:
    """What `fuzz` answers; complaints are heard already."""
    ticker = clock.Clock.starting_now()
    service = Service(Settings(), ticker.now_ns, lambda: ticker.now_ns() + ticker.origin_wall_ns)
    target, chance = Target(service), Random(seed)
    failures: list[str] = []
    spent_s: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    slowest_s, warm_bytes = 0.0, 0
    names = list(KINDS)
    for number in range(first, first + inputs):
        if number % BLOCK == 0:
            await asyncio.sleep(HOUR_S)  # nothing waits any longer, and the loop forgets the timers that were cancelled
            service.reset()
            chance.seed(f"{seed}/{number}")
            warm_bytes = read_memory() if number - first <= WARM_BLOCKS * BLOCK else warm_bytes
        name = names[number % len(names)]
        begun_s = time.perf_counter()
        failure = await try_input(partial(KINDS[name], target, chance), target, complaints)
        took_s = time.perf_counter() - begun_s
        spent_s[name] += took_s
        slowest_s = max(slowest_s, took_s)
        if failure is not None:
            failures.append(f"input {number} ({name}): {failure}")
    await asyncio.sleep(HOUR_S)
    service.reset()
    growth_mib = (read_memory() - warm_bytes) / 2**20
    each_us = {name: took_s * 1e6 * len(KINDS) / inputs for name, took_s in spent_s.items()}
    return {"failures": failures, "each_us": each_us, "slowest_ms": slowest_s * 1e3, "growth_mib": growth_mib}


async def try_input(send: Callable[[], Awaitable[None]], target: Target, complaints: Complaints) -> str | None:
    """What went wrong with one input, if anything did."""
    complaints.texts.clear()
    signal.alarm(HANG_S)
    try:
        await send()
    except Exception as error:  # noqa: BLE001 - any error at all is what this program looks for
        return repr(error)
    finally:
        signal.alarm(0)
    if len(target.peers):
        return "a connection is left"
    return complaints.texts[0] if complaints.texts else None


def read_memory() -> int:
    """Bytes of this process in memory, after what can be freed was freed."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def measure(size: Size) -> Table:
    """A fresh process that sends all inputs: what each kind took, and whether anything went wrong."""
    inputs = size.of(INPUTS)
    found = ask_child("benchmarks.fuzz", inputs, SEED, 0)
    rows = [Row(f"{name}, each", inputs // len(KINDS), [each_us], "us") for name, each_us in found["each_us"].items()]
    rows += [
        Row("failures", inputs, [len(found["failures"])], "", goal=Goal(0)),
        Row("the slowest input", inputs, [found["slowest_ms"]], "ms", goal=Goal(SLOW_MS)),
        Row("growth of memory once warm", inputs, [found["growth_mib"]], "MiB", goal=Goal(GROWTH_MIB)),
    ]
    return Table.of("Inputs that no client would send", rows, *found["failures"][:20])


def _give_up(_number: int, _frame: object) -> None:
    raise TimeoutError(f"an input took more than {HANG_S} s")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _give_up)
    print(json.dumps(clock.run(fuzz(*map(int, sys.argv[1:4])), virtual=True)))
