"""The emulator's wire beside grpcio's two servers: each echoes bytes, in one run, on this machine.

Run `python benchmarks/wire.py`. Every server has its own process, and so has the client: grpcio's raw stubs in one or
eight threads, which is what an application has, and a socket with 16 streams of prepared frames, which costs so little
that the server is what is measured. The rounds go in turn; figures are medians over the rounds.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

METHOD = "/google.datastore.v1.Datastore/Lookup"
REQUEST = b"x" * 100
STREAMS = 16
LOADS = {"1 thread": "stub:1", "8 threads": "stub:8", "16 streams": "frames"}


def serve_ours() -> None:
    """Our listener, whose call is the identity."""
    from consistency import clock
    from consistency.emulator.server.listener import listen

    async def run() -> None:
        listener = await listen(lambda _path, _metadata, request: request, "127.0.0.1", 0)
        print(listener.port, flush=True)
        await asyncio.Event().wait()

    clock.run(run())


def serve_aio() -> None:
    """grpc.aio."""
    import grpc

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    async def run() -> None:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((_echo_everything(grpc, echo),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()

    asyncio.run(run())


def serve_sync() -> None:
    """grpc's server of threads; four did best."""
    import grpc

    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((_echo_everything(grpc, lambda request, _context: request),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def _echo_everything(grpc, echo):  # type: ignore[no-untyped-def] # grpc is imported only where it serves
    service, _, method = METHOD[1:].partition("/")
    return grpc.method_handlers_generic_handler(service, {method: grpc.unary_unary_rpc_method_handler(echo)})


SERVERS = {"ours": serve_ours, "grpc.aio": serve_aio, "grpc sync": serve_sync}


def call_stubs(port: int, threads: int, seconds: float) -> tuple[int, float, float]:
    """Calls, seconds and median latency of raw stubs that call one after the other."""
    import grpc

    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    stub = channel.unary_unary(METHOD)
    for _ in range(300):
        stub(REQUEST, timeout=30)
    latencies: list[float] = []
    until = time.perf_counter() + seconds

    def work() -> None:
        last = time.perf_counter()
        while last < until:
            stub(REQUEST, timeout=30)
            now = time.perf_counter()
            latencies.append(now - last)
            last = now

    started = time.perf_counter()
    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(latencies), time.perf_counter() - started, statistics.median(latencies)


def call_frames(port: int, seconds: float) -> tuple[int, float, float]:
    """Calls, seconds and median time of a batch: 16 requests in one write, then all 16 replies."""
    from hpack import Encoder
    from hyperframe.frame import DataFrame, Frame, HeadersFrame, SettingsFrame, WindowUpdateFrame

    encoder = Encoder()
    fields = [(":method", "POST"), (":scheme", "http"), (":path", METHOD), (":authority", "h"), ("te", "trailers"),
              ("content-type", "application/grpc"), ("grpc-timeout", "30S")]  # fmt: skip
    message = b"\0" + len(REQUEST).to_bytes(4, "big") + REQUEST
    encoder.encode(fields)
    block = encoder.encode(fields)

    def request(stream: int, block: bytes) -> bytes:
        headers = HeadersFrame(stream, data=block, flags=["END_HEADERS"])
        return bytes(headers.serialize() + DataFrame(stream, data=message, flags=["END_STREAM"]).serialize())

    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        window = 2**31 - 1
        settings = SettingsFrame(settings={SettingsFrame.INITIAL_WINDOW_SIZE: window})
        grant = WindowUpdateFrame(0, window_increment=window - 65_535)
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings.serialize() + grant.serialize())
        connection.sendall(request(1, Encoder().encode(fields)))
        stream, unread, durations = 3, b"", []
        started = now = time.perf_counter()
        while now < started + seconds:
            # The connection's window is granted back with each batch: grpcio keeps to it like everybody.
            batch = b"".join(request(stream + 2 * k, block) for k in range(STREAMS))
            connection.sendall(
                WindowUpdateFrame(0, window_increment=STREAMS * len(message)).serialize() * bool(durations) + batch
            )
            stream += 2 * STREAMS
            replies = 0
            while replies < STREAMS:
                unread += connection.recv(262_144)
                while len(unread) >= 9 and len(unread) >= 9 + int.from_bytes(unread[:3], "big"):
                    frame, size = Frame.parse_frame_header(memoryview(unread)[:9])
                    replies += "END_STREAM" in frame.flags and frame.stream_id > 1
                    unread = unread[9 + size :]
            durations.append(time.perf_counter() - now)
            now = time.perf_counter()
    return STREAMS * len(durations), now - started, statistics.median(durations)


def run_client(load: str, port: int, seconds: float) -> None:
    """Print one measurement as JSON."""
    kind, _, threads = load.partition(":")
    print(json.dumps(call_frames(port, seconds) if kind == "frames" else call_stubs(port, int(threads), seconds)))


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(load: str, port: int, pid: int, seconds: float) -> tuple[int, float, float, float]:
    """Calls, calls a second, median latency and the server's processor time a call, from one client process."""
    before = cpu_s(pid)
    client = [sys.executable, __file__, "--client", load, "--port", str(port), "--seconds", str(seconds)]
    output = subprocess.run(client, check=True, capture_output=True, text=True).stdout
    calls, elapsed, latency = json.loads(output)
    return calls, calls / elapsed, latency, (cpu_s(pid) - before) / calls


def compare(rounds: int, seconds: float) -> None:
    """The table."""
    processes = {
        name: subprocess.Popen([sys.executable, __file__, "--server", name], stdout=subprocess.PIPE, text=True)
        for name in SERVERS
    }
    try:
        ports = {name: int(process.stdout.readline()) for name, process in processes.items() if process.stdout}
        found: dict[tuple[str, str], list[tuple[int, float, float, float]]] = {}
        for _ in range(rounds):
            for load, argument in LOADS.items():
                for name in SERVERS:
                    figures = measure(argument, ports[name], processes[name].pid, seconds)
                    found.setdefault((load, name), []).append(figures)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    show(found, rounds)


def show(found: dict[tuple[str, str], list[tuple[int, float, float, float]]], rounds: int) -> None:
    """Medians over the rounds, and ours over each of the others."""
    print(f"echo of {len(REQUEST)} bytes, medians of {rounds} rounds [lowest-highest], load {os.getloadavg()[0]:.1f}")
    print(f"{'load':<11}{'server':<11}{'n':>9}{'ops/s':>9}{'':>17}{'p50 us':>9}{'server us/op':>14}{'ours is':>10}")
    for load in LOADS:
        ours = statistics.median(row[1] for row in found[load, "ours"])
        for name in SERVERS:
            rows = found[load, name]
            rates = sorted(row[1] for row in rows)
            rate, spread = statistics.median(rates), f"[{rates[0]:.0f}-{rates[-1]:.0f}]"
            p50, cpu = (statistics.median(row[k] for row in rows) * 1e6 for k in (2, 3))
            ratio = "" if name == "ours" else f"{ours / rate:.2f}x"
            print(
                f"{load:<11}{name:<11}{sum(row[0] for row in rows):>9}{rate:>9.0f}{spread:>17}{p50:>9.0f}{cpu:>14.1f}{ratio:>10}"
            )


def main() -> None:
    """Read the arguments; without any, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--server", choices=SERVERS)
    parser.add_argument("--client")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.server:
        SERVERS[arguments.server]()
    elif arguments.client:
        run_client(arguments.client, arguments.port, arguments.seconds)
    else:
        compare(arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
