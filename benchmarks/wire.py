"""The emulator's wire beside grpcio's two servers: each echoes bytes, in one run, on this machine.

Run `python -m benchmarks.wire`. Every server has its own process, and so has the client: grpcio's raw stubs in one or
eight threads, which is what an application has, and a socket with 16 streams of prepared frames, which costs so little
that the server is what is measured. The rounds go in turn; figures are medians over the rounds.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import grpc.aio

from benchmarks.frames import call_frames
from consistency import clock
from consistency.emulator.server.listener import listen

METHOD = "/google.datastore.v1.Datastore/Lookup"
REQUEST = b"x" * 100
LOADS = {"1 thread": "stub:1", "8 threads": "stub:8", "16 streams": "frames"}


class Figures(NamedTuple):
    """One measurement: calls, calls a second, median latency and the server's processor time a call in seconds."""

    calls: int
    rate: float
    latency_s: float
    server_s: float


def serve_ours(port: int) -> None:
    """Our listener, whose call is the identity."""

    def echo(_path: str, _metadata: Mapping[str, str], request: bytes) -> bytes:
        return request

    async def run() -> None:
        listener = await listen(echo, "127.0.0.1", port)
        print(listener.port, flush=True)
        await asyncio.Event().wait()

    clock.run(run())


def serve_aio(port: int) -> None:
    """grpc.aio."""

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    async def run() -> None:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((_serve_method(echo),))
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        print(bound, flush=True)
        await server.wait_for_termination()

    asyncio.run(run())


def serve_sync(port: int) -> None:
    """grpc's server of threads; four did best."""
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((_serve_method(lambda request, _context: request),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print(bound, flush=True)
    server.wait_for_termination()


def _serve_method(echo: Callable[[bytes, object], Any]) -> "grpc.GenericRpcHandler[Any, Any]":
    service, _, method = METHOD[1:].partition("/")
    return grpc.method_handlers_generic_handler(service, {method: grpc.unary_unary_rpc_method_handler(echo)})


SERVERS = {"ours": serve_ours, "grpc.aio": serve_aio, "grpc sync": serve_sync}


def call_stubs(port: int, threads: int, seconds: float) -> tuple[int, float, float]:
    """Calls, seconds and median latency of raw stubs that call one after the other."""
    stub = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary(METHOD, bytes, bytes)
    for _ in range(300):
        stub(REQUEST, timeout=30)
    latencies: list[float] = []
    started = time.perf_counter()
    until = started + seconds

    def work() -> None:
        last = time.perf_counter()
        while last < until:
            stub(REQUEST, timeout=30)
            now = time.perf_counter()
            latencies.append(now - last)
            last = now

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(latencies), time.perf_counter() - started, statistics.median(latencies)


def run_client(load: str, port: int, seconds: float) -> None:
    """Print one measurement as JSON."""
    kind, _, threads = load.partition(":")
    if kind == "frames":
        print(json.dumps(call_frames(port, METHOD, lambda: REQUEST, seconds)))
    else:
        print(json.dumps(call_stubs(port, int(threads), seconds)))


def read_cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(load: str, port: int, pid: int, seconds: float) -> Figures:
    """One measurement by a client process of its own."""
    before_s = read_cpu_s(pid)
    client = [sys.executable, "-m", "benchmarks.wire", "--client", load, "--port", str(port), "--seconds", str(seconds)]
    output = subprocess.run(client, check=True, capture_output=True, text=True).stdout
    calls, elapsed_s, latency_s = json.loads(output)
    return Figures(calls, calls / elapsed_s, latency_s, (read_cpu_s(pid) - before_s) / calls)


def compare(rounds: int, seconds: float) -> None:
    """All servers under all loads, in turn."""
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-m", "benchmarks.wire", "--server", name], stdout=subprocess.PIPE, text=True
        )
        for name in SERVERS
    }
    found: dict[tuple[str, str], list[Figures]] = {}
    try:
        ports = {name: int(process.stdout.readline()) for name, process in processes.items() if process.stdout}
        for _ in range(rounds):
            for load, argument in LOADS.items():
                for name, process in processes.items():
                    found.setdefault((load, name), []).append(measure(argument, ports[name], process.pid, seconds))
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    show(found, rounds)


def show(found: dict[tuple[str, str], list[Figures]], rounds: int) -> None:
    """Medians over the rounds, and ours over each of the others."""
    print(f"echo of {len(REQUEST)} bytes, medians of {rounds} rounds [lowest-highest], load {os.getloadavg()[0]:.1f}")
    print("load       server            n    ops/s                    p50 us  server us/op  ours is  by server time")
    for load in LOADS:
        ours = [statistics.median(column) for column in zip(*found[load, "ours"], strict=True)]
        for name in SERVERS:
            rows = found[load, name]
            _, rate, latency_s, server_s = (statistics.median(column) for column in zip(*rows, strict=True))
            calls, rates = sum(row.calls for row in rows), [row.rate for row in rows]
            spread = f"[{min(rates):.0f}-{max(rates):.0f}]"
            line = (
                f"{load:<11}{name:<10}{calls:>9}{rate:>9.0f}{spread:>17}{latency_s * 1e6:>10.0f}{server_s * 1e6:>14.1f}"
            )
            print(line + ("" if name == "ours" else f"{ours[1] / rate:>8.2f}x{server_s / ours[3]:>15.2f}x"))


def main() -> None:
    """Read the arguments; without any, compare."""
    parser = argparse.ArgumentParser(description="Compare the emulator's wire with grpcio's servers.")
    parser.add_argument("--server", choices=SERVERS)
    parser.add_argument("--client")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.server:
        SERVERS[arguments.server](arguments.port)
    elif arguments.client:
        run_client(arguments.client, arguments.port, arguments.seconds)
    else:
        compare(arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
