"""Google's emulators, each started through gcloud on a free port.

It needs care (each point was seen): ending gcloud leaves its Java process on the port, so a keeper runs it in a process
group of its own; on a busy port it prints an exception and exits with 0, so a port is chosen first and only `GET /`
says that it is up. The legacy one's consistency is a coin for each read; coin and seed are set through
`PATCH /v1/config`, which it answers although no document mentions it.
"""

import contextlib
import http.client
import json
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from consistency.backends.child import Child, start_kept
from consistency.errors import ConsistencyError

START_TIMEOUT_S = 60.0
HTTP_TIMEOUT_S = 5.0


@contextlib.contextmanager
def start_google_emulator(
    project: str, log: Path, share: float | None = None, seed: int | None = None, *, firestore: bool = False
) -> Iterator[Child]:
    """Google's legacy emulator, running; `share` of writes apply at once (None: its default, 0.9). As `firestore` it
    is in Datastore mode: always strong, and without a share."""
    options = ["--no-store-on-disk", f"--project={project}"]
    if firestore:
        options.append("--use-firestore-in-datastore-mode")
    elif share is not None:
        options.append(f"--consistency={share}")
    with _start(["beta", "emulators", "datastore", "start", *options], log) as child:
        if share is not None and seed is not None and not firestore:
            set_coin(child.address, share, seed)
        yield child


def start_firestore_emulator(log: Path) -> AbstractContextManager[Child]:
    """Google's Firestore emulator in Datastore mode, running: today's service, always strong."""
    return _start(["emulators", "firestore", "start", "--database-mode=datastore-mode"], log)


def set_coin(address: str, share: float, seed: int) -> bool:
    """Set the legacy emulator's share of writes that apply at once and its coin's seed; False where it refuses."""
    policy = {"probabilityJobPolicy": {"randomSeed": seed, "unappliedJobPercentage": round(100 * (1 - share), 2)}}
    return _ask(address, "PATCH", "/v1/config", {"jobPolicy": policy}) == http.HTTPStatus.OK


@contextlib.contextmanager
def _start(words: Sequence[str], log: Path) -> Iterator[Child]:
    """The emulator that `gcloud WORDS` starts, at a free port and empty."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise ConsistencyError(
            "gcloud is not on PATH, so Google's emulator cannot be started. Install the Google Cloud CLI with its "
            "cloud-datastore-emulator component, or measure the built-in one: --target embedded"
        )
    address = f"127.0.0.1:{_free_port()}"
    command = [gcloud, *words, f"--host-port={address}", "--quiet"]
    with start_kept(command, log, address, lambda: address if answers(address) else None, START_TIMEOUT_S) as child:
        _ask(address, "POST", "/reset")
        yield child


def answers(address: str) -> bool:
    """Whether an emulator answers `GET /` at `address`."""
    try:
        return _ask(address, "GET", "/") == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _ask(address: str, method: str, path: str, body: Any = None) -> int:
    connection = http.client.HTTPConnection(address, timeout=HTTP_TIMEOUT_S)
    try:
        content = json.dumps(body) if body is not None else None
        connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
