"""The client of a measured server, in a process of its own: `python -m benchmarks.callers PORT`.

One order comes in on each line of standard input, as JSON; one answer goes out on each line of standard output. The
process stays, so that neither its start nor the opening of its connection is in any figure.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import grpc

from benchmarks import requests
from benchmarks.frames import call_frames

TIMEOUT_S = 120
_MAKERS: dict[str, tuple[str, Callable[[int], Callable[[], bytes]]]] = {  # by the number of songs that are there
    "Lookup": (requests.LOOKUP, requests.make_lookups),
    "equality": (requests.RUN_QUERY, requests.make_equalities),
    "ancestor": (requests.RUN_QUERY, requests.make_ancestors),
    "Commit": (requests.COMMIT, requests.make_commits),
}


class Client:
    """What a client process keeps between orders: its connection, how many songs it wrote, where its requests are."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.songs = requests.SONGS
        self.makers: dict[str, Callable[[], bytes]] = {}


class Order(NamedTuple):
    """What to call, from how many threads (0: frames, 16 streams), for how long; `echo`: all by one method's name."""

    load: str
    threads: int
    seconds: float
    calls: int = 0
    echo: bool = False


class Answer(NamedTuple):
    """Calls and the seconds that they took."""

    calls: int
    seconds: float


class Caller(AbstractContextManager["Caller"]):
    """One client process of one server."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "benchmarks.callers", str(port)]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, order: Order) -> Answer:
        """Have it done. RuntimeError where the client has ended."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        print(json.dumps(order), file=self._child.stdin, flush=True)
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"the client process has ended during {order}")
        return Answer(*json.loads(line))

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()


def serve(port: int) -> None:
    """Do as standard input orders until it ends."""
    client = Client(port)
    for line in sys.stdin:
        print(json.dumps(_obey(Order(*json.loads(line)), client)), flush=True)


def _obey(order: Order, client: Client) -> Answer:
    if order.load == "fill":
        client.songs = order.calls
        return _fill(client.channel, order.calls)
    method, build = _MAKERS[order.load]
    if order.load not in client.makers:
        client.makers[order.load] = build(client.songs)
    make, method = client.makers[order.load], requests.LOOKUP if order.echo else method
    if order.threads == 0:
        calls, seconds, _ = call_frames(client.port, method, make, order.seconds)
        return Answer(calls, seconds)
    return _call_stubs(client.channel.unary_unary(method, bytes, bytes), make, order)


def _fill(channel: grpc.Channel, songs: int) -> Answer:
    stub: Any = channel.unary_unary(requests.COMMIT, bytes, bytes)
    started = time.perf_counter()
    for request in requests.fill_songs(songs):
        stub(request, timeout=TIMEOUT_S)
    return Answer(songs, time.perf_counter() - started)


def _call_stubs(stub: Any, make: Callable[[], bytes], order: Order) -> Answer:
    """Each thread calls one after the other, until the time is up, or `calls` are made where the order says so."""
    done = [0] * order.threads
    started = time.perf_counter()

    def work(place: int) -> None:
        while done[place] < order.calls if order.calls else time.perf_counter() < started + order.seconds:
            stub(make(), timeout=TIMEOUT_S)
            done[place] += 1

    workers = [threading.Thread(target=work, args=(place,)) for place in range(order.threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return Answer(sum(done), time.perf_counter() - started)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
