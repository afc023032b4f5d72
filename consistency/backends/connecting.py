"""Connections to a running Datastore at an address, and the check that something answers there.

A plan, an address and a run's namespace come in, a Store goes out.
"""

import http.client
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import datastore as library
from google.cloud.datastore_v1.services.datastore import DatastoreAsyncClient
from google.cloud.datastore_v1.services.datastore.transports.grpc_asyncio import DatastoreGrpcAsyncIOTransport
from grpc import aio

from consistency.backends.credentials import find_credentials
from consistency.backends.faulty import Disturbances
from consistency.backends.library_store import LibraryStore
from consistency.backends.messages import Messages
from consistency.backends.stores import RpcStore, count_calls, wire_client
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.errors import ConsistencyError, UsageError
from consistency.plan import ClientKind, Plan
from consistency.store import Store
from consistency.target import Backend, GoogleEmulator
from consistency.workload import Workload

FIRESTORE = GoogleEmulator.FIRESTORE
HEALTH_TIMEOUT_S = 2.0
# By default a client that was refused a few times tries again only after minutes: an outage of the store would be
# measured as one of the client's.
CHANNEL_OPTIONS = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1_000)]


def name_namespace(run: str) -> str:
    """The namespace of a run: nothing else is in it, and its name allows only what Datastore does."""
    return "consistency-" + re.sub(r"[^A-Za-z0-9._-]", "-", run)[-80:]


def connect(
    plan: Plan,
    address: str,
    run: str,
    disturbances: Disturbances | None = None,
    count: Callable[[str], None] | None = None,
) -> Store:
    """A Store at `address` ("host:port") through the client that `plan` asks for; `count` is told of every call."""
    namespace = choose_namespace(plan, run)
    timeout_s = parse_duration_ns(plan.call_timeout) / NS_PER_S
    revisioned = plan.workload is not Workload.CREATE
    if plan.client is ClientKind.LIBRARY:
        own = _open_library(plan, address, namespace)
        return LibraryStore(own, timeout_s, revisioned=revisioned, count=count)
    transport = _open_transport(plan, address)
    requests = Messages(plan.target.project, plan.target.database, namespace, revisioned=revisioned)
    wire = wire_client(DatastoreAsyncClient(transport=transport), timeout_s, transport.close)
    wire = disturbances.disturb(wire) if disturbances else wire
    wire = count_calls(wire, count) if count else wire
    target = plan.target  # what is attached may be Google's Firestore emulator, too
    return RpcStore(wire, requests, begins_apart=target.emulator is FIRESTORE or target.backend is Backend.ATTACHED)


def choose_namespace(plan: Plan, run: str) -> str:
    """The namespace that the plan names, or the run's own."""
    return plan.target.namespace if plan.target.namespace is not None else name_namespace(run)


def _open_transport(plan: Plan, address: str) -> DatastoreGrpcAsyncIOTransport:
    """The live service asks for TLS and credentials; an emulator has neither."""
    if plan.target.backend is Backend.LIVE:
        return DatastoreGrpcAsyncIOTransport(host=address, credentials=find_credentials())
    return DatastoreGrpcAsyncIOTransport(channel=aio.insecure_channel(address, CHANNEL_OPTIONS))


def _open_library(plan: Plan, address: str, namespace: str) -> library.Client:
    target = plan.target
    if target.backend is not Backend.LIVE:
        return client(target.project, address, target.database, namespace)
    return library.Client(
        project=target.project,
        database=target.database or None,
        namespace=namespace,
        credentials=find_credentials(),
        client_options=ClientOptions(api_endpoint=address),
    )


def client(project: str, address: str, database: str = "", namespace: str | None = None) -> library.Client:
    """The library's own client, pointed at an emulator without touching the environment."""
    return library.Client(
        project=project,
        database=database or None,
        namespace=namespace,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=f"http://{address}"),
    )


def check_address(address: str, source: str) -> None:
    """Raise in one sentence, within two seconds, unless an emulator answers `GET /` at `address` (from `source`)."""
    if "://" in address:
        raise UsageError(f"{address} ({source}): write the host without {address.partition('://')[0]}://")
    host, port = _split(address)
    if not host or not port:
        raise UsageError(f"{address} ({source}) is not an address: write HOST:PORT, such as 127.0.0.1:8081")
    connection = http.client.HTTPConnection(host, port, timeout=HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        what = "variable" if source.isupper() else "setting"
        raise ConsistencyError(
            f"Nothing answers at {address} ({source}). Start one: consistency serve. Or drop the {what}."
        ) from error
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise ConsistencyError(f"{address} ({source}) answers GET / with {status}: it is not a Datastore emulator.")


def _split(address: str) -> tuple[str | None, int | None]:
    """Host and port of "host:port"; (None, None) for anything else, and for what could be no host's name."""
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError:  # a port that is no number, a bracket that is not closed, a label of no length or of too much
        return None, None
    return (host, port) if parts.netloc == address and not re.search(r"[@\s]", address) else (None, None)
