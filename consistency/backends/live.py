"""The live service: a namespace of our own, and nothing left in it.

A plan and a run's folder come in; while the context is open the service may be measured, and after it every entity
whose key the run recorded is deleted. Keys come from the history, where they stand before the write was sent, and never
from a query, because the queries under test may miss entities.

    invocation recorded ---- write sent ---- ...... ---- deleted by that key ---- looked up, strongly: gone
"""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.cloud.datastore_v1.services.datastore import DatastoreClient
from google.cloud.datastore_v1.services.datastore.transports.grpc import DatastoreGrpcTransport
from google.cloud.datastore_v1.types import datastore

from consistency.archive import Archive
from consistency.backends.connecting import choose_namespace
from consistency.backends.credentials import find_credentials
from consistency.backends.messages import Messages
from consistency.errors import ConsistencyError, CutShortError, RefusedError, StoppedError
from consistency.event_file import read_batches
from consistency.operation import MUTATIONS, Action, Invocation, Item, Verb
from consistency.plan import Plan
from consistency.schedule import name_keys

ENDPOINT = "datastore.googleapis.com:443"
BATCH = 500  # mutations of one commit, and keys of one lookup
TIMEOUT_S = 5.0  # one call
PATIENT = Retry(timeout=5.0)  # a transient refusal is asked again for so many seconds
ADMIN, ADMIN_TIMEOUT_S = "https://firestore.googleapis.com/v1", 5.0


class Place:
    """One run's namespace on the live service, as the clean-up sees it: by key alone."""

    def __init__(self, plan: Plan, run: str) -> None:
        target = plan.target
        self.endpoint = target.endpoint or ENDPOINT
        self.namespace = choose_namespace(plan, run)
        self._messages = Messages(target.project, target.database, self.namespace)
        transport = DatastoreGrpcTransport(host=self.endpoint, credentials=find_credentials())
        self._client = DatastoreClient(transport=transport)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.transport.close()

    def require_empty(self) -> None:
        """Raise RefusedError where anything is in the namespace: it would be measured, and nobody knows whose it is."""
        request = datastore.RunQueryRequest(
            **self._messages.names,
            partition_id={**self._messages.names, "namespace_id": self.namespace},
            query={"projection": [{"property": {"name": "__key__"}}], "limit": 1},
        )
        reply = self._call(self._client.run_query, request)
        if reply.batch.entity_results:
            raise RefusedError(
                f"Refused: namespace {self.namespace} is not empty, and what is in it may be somebody's. "
                "Nothing was written. Choose another --namespace, or none."
            )

    def delete(self, items: Sequence[Item]) -> None:
        """Delete the items' entities, those that are there."""
        for start in range(0, len(items), BATCH):
            request = datastore.CommitRequest.pb()(**self._messages.names, mode="NON_TRANSACTIONAL")
            for item in items[start : start + BATCH]:
                self._messages.key(request.mutations.add().delete, item)
            self._call(self._client.commit, datastore.CommitRequest.wrap(request))

    def count_left(self, items: Sequence[Item]) -> int:
        """How many of the items' entities strong lookups still find."""
        left = 0
        for start in range(0, len(items), BATCH):
            request = datastore.LookupRequest.pb()(**self._messages.names)
            for item in items[start : start + BATCH]:
                self._messages.key(request.keys.add(), item)
            left += self._count_found(request)
        return left

    def _count_found(self, request: Any) -> int:
        """A reply may hold a part only, and name the keys that it put off."""
        found = 0
        while request.keys:
            reply = self._call(self._client.lookup, datastore.LookupRequest.wrap(request))._pb  # noqa: SLF001 - raw
            found += len(reply.found)
            del request.keys[:]
            request.keys.extend(reply.deferred)
        return found

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request=request, retry=PATIENT, timeout=TIMEOUT_S)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise ConsistencyError(f"{self.endpoint} refuses: {_shorten(error)}.") from error


@contextlib.contextmanager
def reserve(plan: Plan, run: str, archive: Archive, *, keep: bool) -> Iterator[Place]:
    """An empty namespace, for the time of the context; afterwards what the run wrote is deleted, unless to `keep`.

    Entities that could not be deleted are a CutShortError, joined to whatever ended the run.
    """
    with contextlib.closing(Place(plan, run)) as place:
        place.require_empty()
        try:
            yield place
        except BaseException as ending:  # Ctrl-C, too, leaves nothing behind
            trouble = "" if keep else _tidy(place, archive)
            if not trouble:
                raise
            said = f"{ending} " if isinstance(ending, ConsistencyError) else ""
            raise CutShortError(f"{said}{trouble}") from ending
        if trouble := "" if keep else _tidy(place, archive):
            raise CutShortError(trouble)


def _tidy(place: Place, archive: Archive) -> str:
    """What went wrong with the clean-up, "" if nothing did. Ctrl-C ends it, and what is left is told."""
    try:
        clean_up(place, archive)
    except CutShortError as error:
        return str(error)
    except KeyboardInterrupt as error:
        left = f"The entities of {place.namespace} were not all deleted. {_name_command(archive)}"
        raise StoppedError(f"Stopped. The run is kept. {left}") from error
    return ""


def _name_command(archive: Archive) -> str:
    return f"Repeat it safely: consistency clean --run {archive.folder}"


def clean_up(place: Place, archive: Archive) -> int:
    """Delete every entity that the run's histories name, and look each up; how many there were.

    Raises CutShortError, with what to type, where the service refuses or any is left.
    """
    items = list_written(archive)
    again = _name_command(archive)
    try:
        place.delete(items)
        left = place.count_left(items)
    except ConsistencyError as error:
        undone = f"The {len(items):,} entities of {place.namespace} were not deleted."
        raise CutShortError(f"{undone} {error} {again}") from error
    if left:
        raise CutShortError(f"{left:,} of {len(items):,} entities of {place.namespace} are still there. {again}")
    archive.cleaned.touch()
    return len(items)


def list_written(archive: Archive) -> list[Item]:
    """Every item that the run began to write, whatever became of it; of a transaction, each that it was to write."""
    if not archive.histories():  # it had not begun, and may have no plan yet
        return []
    plan, _ = archive.load()
    keys = {item.name: item for item in name_keys(plan.keys, plan.groups)}
    items: dict[Item, None] = {}
    for path in archive.histories():
        for reading in read_batches(path):
            changes = (event for event in reading.events if isinstance(event, Invocation) and event.action in MUTATIONS)
            items |= {item: None for event in changes for item in _list_changed(event, keys)}
    return list(items)


def _list_changed(change: Invocation, keys: Mapping[str, Item]) -> list[Item]:
    if change.action is not Action.TRANSACTION:
        return [change.item]
    return [keys[step.key] for step in change.micros if step.verb in {Verb.WRITE, Verb.APPEND}]


def describe_database(plan: Plan) -> str:
    """What is known of the database: its name, type and concurrency mode, the last two where Google tells them."""
    target = plan.target
    facts = _ask_type(target.project, target.database) if target.endpoint is None else None
    return (
        f"live: {target.project} / {target.database or '(default)'}, {facts or 'type unknown, may be legacy'}; "
        "Datastore mode is strong unless eventual is asked for"
    )


def _ask_type(project: str, database: str, api: str = ADMIN) -> str | None:
    """The database's type, location and concurrency mode, from the admin API; None where it is not permitted to ask."""
    try:
        session = AuthorizedSession(find_credentials())
        reply = session.get(f"{api}/projects/{project}/databases/{database or '(default)'}", timeout=ADMIN_TIMEOUT_S)
        reply.raise_for_status()
        found = reply.json()
    except (OSError, GoogleAuthError, ValueError):  # no permission, no network, no JSON: the run does not need it
        return None
    return ", ".join(str(found[name]).lower() for name in ("type", "locationId", "concurrencyMode") if name in found)


def _shorten(error: Exception) -> str:
    lines: Collection[str] = str(error).strip().splitlines()
    return next(iter(lines), type(error).__name__).rstrip(".")
