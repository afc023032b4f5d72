"""Metrics: a run so far as a text page that Prometheus scrapes, on this machine's own address alone.

A tally comes in, text in Prometheus's exposition format 0.0.4 goes out at each GET, from a thread of its own. It is
written here because it takes twenty lines, and a package would count everything a second time.
"""

import errno
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from consistency.cli.tally import Row, Tally
from consistency.durations import NS_PER_S
from consistency.errors import ConsistencyError
from consistency.operation import Action
from consistency.processes import find_listener

HOST = "127.0.0.1"
POLL_S = 0.05  # how soon it stops
FORM = "text/plain; version=0.0.4; charset=utf-8"
Samples = Iterable[tuple[dict[str, str], float]]


class _Silent(WSGIRequestHandler):
    """Requests are nobody's news; a client that sends nothing does not hold the page for long."""

    timeout = 5

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Metrics:
    """The page on `port` of this machine (0: any) from now on; ConsistencyError where the port cannot be had."""

    def __init__(self, port: int) -> None:
        try:
            self._server: WSGIServer = make_server(HOST, port, self._answer, handler_class=_Silent)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE and find_listener(port)
            why = f"is in use by pid {taken.pid} ({taken.command})" if taken else f"cannot be had: {error.strerror}"
            raise ConsistencyError(f"{HOST}:{port} {why}. Choose another --prom-port; 0 takes any.") from error
        self.address = f"http://{HOST}:{self._server.server_port}/metrics"
        self._told: tuple[str, Tally] | None = None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True)
        self._thread.start()

    def show(self, run: str, tally: Tally) -> None:
        """Tell of this run from now on."""
        self._told = run, tally

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environment: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if environment["PATH_INFO"] not in {"/", "/metrics"}:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Ask for /metrics.\n"]
        start("200 OK", [("Content-Type", FORM)])
        return [write_metrics(*self._told).encode()] if self._told else [b""]


def write_metrics(run: str, tally: Tally) -> str:
    """The page's text. Counters only grow; waiting and in flight are what is so now."""
    with tally.held:
        lines = [line for family in _list_families(run, tally) for line in _write_family(*family)]
    return "\n".join(lines) + "\n"


def _list_families(run: str, tally: Tally) -> Iterator[tuple[str, str, str, Samples]]:
    rows, probes = tally.rows, dict(tally.probes())

    def each(count: Callable[[Row], float], of: dict[Action, Row]) -> Samples:
        return [({"action": str(action)}, count(row)) for action, row in of.items()]

    errors = [
        ({"action": str(action), "code": code}, n) for action, row in rows.items() for code, n in row.errors.items()
    ]
    writes = [({"outcome": str(outcome)}, count) for outcome, count in tally.writes.items()]
    yield "run_info", "gauge", "The run that this page is about.", [({"run": run}, 1)]
    yield "calls_total", "counter", "Calls that ended.", each(lambda row: row.attempts, rows)
    yield "misses_total", "counter", "Attempts that did not see the write.", each(lambda row: row.misses, probes)
    yield "errors_total", "counter", "Calls that failed, by status code.", errors
    yield "seen_total", "counter", "Entities that were seen.", each(lambda row: row.seen, probes)
    yield "waiting", "gauge", "Entities that are looked for and not seen yet.", each(lambda row: row.waiting, probes)
    yield "in_flight", "gauge", "Calls that wait for their answer.", each(lambda row: row.in_flight, rows)
    yield "writes_total", "counter", "Writes, by outcome.", writes
    yield "begun_total", "counter", "Writes that began.", [({}, tally.begun)]
    yield "lateness_seconds_total", "counter", "By how much they began late.", [({}, tally.lateness_ns / NS_PER_S)]
    yield "lateness_seconds_max", "gauge", "By how much one did at most.", [({}, tally.worst_late_ns / NS_PER_S)]


def _write_family(name: str, kind: str, told: str, samples: Samples) -> Iterator[str]:
    yield f"# HELP consistency_{name} {told}"
    yield f"# TYPE consistency_{name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
        yield f"consistency_{name}{{{inside}}} {value}" if labels else f"consistency_{name} {value}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
