"""Connections to a running Datastore at an address, and the check that something answers there.

A plan, an address and a run's namespace come in, a Store goes out.
"""

import http.client
import re
from urllib.parse import urlsplit

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import datastore as library
from google.cloud.datastore_v1.services.datastore import DatastoreAsyncClient
from google.cloud.datastore_v1.services.datastore.transports.grpc_asyncio import DatastoreGrpcAsyncIOTransport
from grpc import aio

from consistency.backends.faulty import Disturbances
from consistency.backends.library_store import LibraryStore
from consistency.backends.messages import Messages
from consistency.backends.stores import RpcStore, wire_client
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.errors import ConsistencyError, UsageError
from consistency.plan import ClientKind, Plan
from consistency.store import Store
from consistency.workload import Workload

HEALTH_TIMEOUT_S = 2.0
# By default a client that was refused a few times tries again only after minutes: an outage of the store would be
# measured as one of the client's.
CHANNEL_OPTIONS = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1_000)]


def name_namespace(run: str) -> str:
    """The namespace of a run: nothing else is in it, and its name allows only what Datastore does."""
    return "consistency-" + re.sub(r"[^A-Za-z0-9._-]", "-", run)[-80:]


def connect(plan: Plan, address: str, run: str, disturbances: Disturbances | None = None) -> Store:
    """A Store at `address` ("host:port", without TLS) through the client that `plan` asks for."""
    namespace = name_namespace(run)
    timeout_s = parse_duration_ns(plan.call_timeout) / NS_PER_S
    revisioned = plan.workload is not Workload.CREATE
    if plan.client is ClientKind.LIBRARY:
        own = client(plan.target.project, address, plan.target.database, namespace)
        return LibraryStore(own, timeout_s, revisioned=revisioned)
    channel = aio.insecure_channel(address, CHANNEL_OPTIONS)
    async_client = DatastoreAsyncClient(transport=DatastoreGrpcAsyncIOTransport(channel=channel))
    requests = Messages(plan.target.project, plan.target.database, namespace, revisioned=revisioned)
    wire = wire_client(async_client, timeout_s, lambda: channel.close(None))
    return RpcStore(disturbances.disturb(wire) if disturbances else wire, requests)


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
        raise ConsistencyError(
            f"Nothing answers at {address} ({source}). Start one: consistency serve. Or drop the setting."
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
