"""A listener in a thread of its own with a service that shows what the wire does, for peers that block."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from consistency import clock
from consistency.emulator.server.control import Control
from consistency.emulator.server.listener import Listener, listen
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.scope import Scope

ECHO = "/test.Wire/Echo"
MAKE = "/test.Wire/Make"
REFUSE = "/test.Wire/Refuse"
FAIL = "/test.Wire/Fail"
METADATA = "/test.Wire/Metadata"
SLEEP = "/test.Wire/Sleep"
WAIT = "/test.Wire/Wait"
NOTHING = "/test.Wire/AnswerNothing"
GIVE_UP = "/test.Wire/GiveUp"
WAIT_AND_FAIL = "/test.Wire/WaitAndFail"


@dataclass
class Service:
    """Methods to call, and what happened to the calls."""

    calls: int = 0
    waiting: int = 0
    cancelled: int = 0
    shutdowns: int = 0
    resets: list[Scope] = field(default_factory=list)
    metadata: list[Mapping[str, str]] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    def call(self, path: str, metadata: Mapping[str, str], request: bytes) -> bytes | Awaitable[bytes]:
        """The Call under test."""
        self.calls += 1
        method = METHODS.get(path)
        if method is None:
            raise ServiceError(Code.UNIMPLEMENTED, f"there is no method {path}")
        return method(self, metadata, request)

    def shut_down(self) -> None:
        """Count."""
        self.shutdowns += 1

    def reset(self, scope: Scope) -> None:
        """Keep what was to be reset."""
        self.resets.append(scope)


def echo(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """The request."""
    return request


def make(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """As many bytes as the request says."""
    return bytes(int(request))


def refuse(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """The status that the request names: "5 some text"."""
    number, _, text = request.decode().partition(" ")
    raise ServiceError(Code(int(number)), text)


def fail(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """A bug."""
    raise ZeroDivisionError("a planted bug")


def answer_nothing(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """A bug that the type checker would find."""
    return None  # type: ignore[return-value] # that is the bug


def keep_metadata(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """Keep the metadata for the test to look at."""
    service.metadata.append(metadata)
    return b""


async def sleep(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """Some turns of the loop, then the request."""
    await asyncio.sleep(0.001)
    return request


async def wait(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """The request, once the test releases it."""
    service.waiting += 1
    try:
        await service.release.wait()
    except asyncio.CancelledError:
        service.cancelled += 1
        raise
    finally:
        service.waiting -= 1
    return request


async def wait_and_fail(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """A bug after waiting."""
    await asyncio.sleep(0)
    raise ZeroDivisionError("a planted bug")


async def give_up(service: Service, metadata: Mapping[str, str], request: bytes) -> bytes:
    """A call that is cancelled from within the service."""
    raise asyncio.CancelledError


Method = Callable[[Service, Mapping[str, str], bytes], bytes | Awaitable[bytes]]
METHODS: dict[str, Method] = {
    ECHO: echo,
    MAKE: make,
    REFUSE: refuse,
    FAIL: fail,
    NOTHING: answer_nothing,
    METADATA: keep_metadata,
    SLEEP: sleep,
    WAIT: wait,
    GIVE_UP: give_up,
    WAIT_AND_FAIL: wait_and_fail,
}


@dataclass
class Served:
    """A running listener, seen from another thread."""

    service: Service
    listener: Listener
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self.listener.port

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def release(self) -> None:
        """Let the waiting calls end."""
        self.loop.call_soon_threadsafe(self.service.release.set)

    def close(self) -> None:
        """Begin to close the listener, if it is not closed yet."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self.stop.set)

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
        """Whether the condition, looked at on the server's loop, came true in time."""
        return asyncio.run_coroutine_threadsafe(_watch(condition, timeout_s), self.loop).result()


async def _watch(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline_s = asyncio.get_running_loop().time() + timeout_s
    while not condition() and asyncio.get_running_loop().time() < deadline_s:  # noqa: ASYNC110 - conditions are any code
        await asyncio.sleep(0.001)
    return condition()


@contextmanager
def serve(allowed_origins: tuple[str, ...] = ()) -> Iterator[Served]:
    """A listener on a free port, closed at the end."""
    started: list[Served] = []
    ready = threading.Event()

    async def run() -> None:
        service = Service()
        listener = await listen(
            service.call,
            "127.0.0.1",
            0,
            control=Control(service.shut_down, service.reset),
            allowed_origins=allowed_origins,
        )
        started.append(Served(service, listener, asyncio.get_running_loop(), asyncio.Event()))
        ready.set()
        await started[0].stop.wait()
        await listener.close()

    thread = threading.Thread(target=clock.run, args=(run(),), name="wire under test")
    thread.start()
    try:
        assert ready.wait(10.0)
        yield started[0]
    finally:
        started[0].close()
        thread.join(20.0)
        assert not thread.is_alive(), "the listener did not close"
