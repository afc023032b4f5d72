"""Faults within the embedded emulator: what each change of one asks of it, and what a restart does to the truth.

A change comes in; the verb and words go out that its control interface understands, in process and over HTTP alike. A
restart is not among them: whoever runs the emulator ends it and starts it again.
"""

import http.client
import json
from pathlib import Path

import msgspec

from consistency.emulator.models.policy import NEVER_NS
from consistency.emulator.truth import Told, TruthRecord
from consistency.errors import ConsistencyError
from consistency.fault import FaultKind
from consistency.schedule import Change

VERBS = {  # kind: what begins it, what ends it
    FaultKind.PARTITION: ("partition", "heal"),
    FaultKind.CRASH: ("crash", "restart"),
    FaultKind.LATENCY: ("slow", "slow"),
}
HTTP_TIMEOUT_S = 5.0


def name_verb(change: Change) -> tuple[str, dict[str, object]]:
    """What the emulator is told."""
    fault = change.planned.fault
    begins, ends = VERBS[fault.kind]
    words: dict[str, object] = {"replica": fault.replica}
    if change.active and fault.delay is not None:
        words["delay"] = fault.delay
    return begins if change.active else ends, words


def name_injection(change: Change) -> dict[str, object]:
    """The words of `inject` for a fault of calls that the emulator itself is to have."""
    fault = change.planned.fault
    words = {"kind": fault.kind, "rpc": fault.rpc, "share": fault.share if fault.share < 1 else None}
    return {word: value for word, value in {**words, "delay": fault.delay}.items() if value is not None}


def post_verb(address: str, verb: str, words: dict[str, object]) -> dict[str, object]:
    """Tell an emulator in another process, and what it answers; ConsistencyError where it refuses, with its words."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=HTTP_TIMEOUT_S)
    try:
        connection.request("POST", f"/control/{verb}", json.dumps(words), {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ConsistencyError(f"The fault {verb} could not be made: {address} does not answer ({error}).") from error
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise ConsistencyError(f"The fault {verb} was refused by {address}: {content.decode(errors='replace')[:300]}")
    answer: dict[str, object] = json.loads(content)
    return answer


def apply_pending(truth: Path, at_ns: int) -> None:
    """Correct the log for a restart at `at_ns` of the emulator's clock: what was pending then is visible since."""
    lines = truth.read_bytes().split(b"\n")[:-1]
    told = [msgspec.json.decode(line, type=Told) for line in lines]
    latest = {record.commit: record for record in told if isinstance(record, TruthRecord)}
    applied = [(record, _apply(record, at_ns)) for record in latest.values()]
    encode = msgspec.json.Encoder().encode
    with truth.open("ab") as file:
        file.write(b"".join(encode(after) + b"\n" for before, after in applied if before != after))


def shift_truth(truth: Path, by_ns: int) -> bytes:
    """The log with all its instants later by `by_ns`; what has not come yet has not come then either."""
    encode = msgspec.json.Encoder().encode
    lines = truth.read_bytes().split(b"\n")[:-1]
    return b"".join(encode(_shift(msgspec.json.decode(line, type=Told), by_ns)) + b"\n" for line in lines)


def _shift(told: Told, by_ns: int) -> Told:
    if not isinstance(told, TruthRecord):
        return told

    def later(instant_ns: int | None) -> int | None:
        return instant_ns if instant_ns is None or instant_ns >= NEVER_NS else instant_ns + by_ns

    pairs = tuple((later(bodies_ns) or 0, later(rows_ns) or 0) for bodies_ns, rows_ns in told.replicas)
    bodies_ns, rows_ns = later(told.bodies_ns), later(told.rows_ns)
    return msgspec.structs.replace(
        told, committed_ns=told.committed_ns + by_ns, bodies_ns=bodies_ns, rows_ns=rows_ns, replicas=pairs
    )


def _apply(record: TruthRecord, at_ns: int) -> TruthRecord:
    def earlier(instant_ns: int | None) -> int | None:
        return None if instant_ns is None else min(instant_ns, at_ns)

    pairs = tuple((min(bodies_ns, at_ns), min(rows_ns, at_ns)) for bodies_ns, rows_ns in record.replicas)
    bodies_ns, rows_ns = earlier(record.bodies_ns), earlier(record.rows_ns)
    settled_ns = earlier(record.settled_ns)
    return msgspec.structs.replace(record, bodies_ns=bodies_ns, rows_ns=rows_ns, replicas=pairs, settled_ns=settled_ns)
