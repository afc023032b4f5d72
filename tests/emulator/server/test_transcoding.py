"""The v1 API over HTTP/1.1, as JSON and as protobuf, against the whole emulator."""

import base64
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.cloud import datastore, exceptions
from google.rpc.status_pb2 import Status

from consistency.emulator.library import Emulator
from consistency.emulator.server.routes import PROTOBUF
from consistency.emulator.values import messages
from consistency.emulator.values.messages import Message

JSON = "application/json"
KEY = {"path": [{"kind": "Song", "name": "waltz"}]}
FULL_KEY = {"partitionId": {"projectId": "p"}, **KEY}
LOOKUP = "/v1/projects/p:lookup"


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    """One emulator for all tests of this module."""
    with Emulator() as opened:
        yield opened


@pytest.fixture
def emulator(shared: Emulator) -> Emulator:
    """That emulator, empty."""
    shared.reset()
    return shared


def send(emulator: Emulator, path: str, body: bytes, kind: str | None = JSON, method: str = "POST") -> Any:
    """Status, content type and body of one request."""
    connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10.0)
    try:
        connection.request(method, path, body, {} if kind is None else {"Content-Type": kind})
        response = connection.getresponse()
        return response.status, response.getheader("content-type"), response.read()
    finally:
        connection.close()


def ask(emulator: Emulator, word: str, request: dict[str, Any], project: str = "p") -> dict[str, Any]:
    """The reply of one RPC as JSON; the request must succeed."""
    status, kind, body = send(emulator, f"/v1/projects/{project}:{word}", json.dumps(request).encode())
    assert (status, kind) == (200, "application/json; charset=utf-8"), body
    reply: dict[str, Any] = json.loads(body)
    return reply


def refusal(emulator: Emulator, word: str, body: bytes) -> tuple[int, str, str]:
    """HTTP status, status name and message of a request that is refused."""
    status, _, answer = send(emulator, f"/v1/projects/p:{word}", body)
    error = json.loads(answer)["error"]
    assert error["code"] == status
    return status, error["status"], error["message"]


def put(emulator: Emulator, properties: dict[str, Any], **partition: str) -> dict[str, Any]:
    """Upsert the waltz."""
    entity = {"key": KEY, "properties": properties}
    return ask(emulator, "commit", {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": entity}], **partition})


class TestJson:
    def test_all_values(self, emulator: Emulator) -> None:
        """Every type of value comes back as it went: whole numbers as strings, bytes as base64, times as text."""
        properties: dict[str, Any] = {
            "null": {"nullValue": None},
            "yes": {"booleanValue": True},
            "whole": {"integerValue": "9223372036854775807"},
            "half": {"doubleValue": 0.5},
            "endless": {"doubleValue": "-Infinity", "excludeFromIndexes": True},
            "when": {"timestampValue": "2026-01-02T03:04:05.678901Z"},
            "key": {"keyValue": FULL_KEY},
            "text": {"stringValue": "Grüße"},
            "bytes": {"blobValue": base64.b64encode(b"\0\xff").decode()},
            "where": {"geoPointValue": {"latitude": 1.5, "longitude": -2}},
            "inner": {"entityValue": {"properties": {"a": {"integerValue": "1"}}}, "excludeFromIndexes": True},
            "many": {"arrayValue": {"values": [{"integerValue": "1"}, {"stringValue": "b"}]}},
        }
        put(emulator, properties)
        (found,) = ask(emulator, "lookup", {"keys": [KEY]})["found"]
        assert found["entity"] == {"key": FULL_KEY, "properties": properties}
        assert found["version"].isdecimal()

    def test_a_transaction(self, emulator: Emulator) -> None:
        """Begin, read, commit; enums go by name, and numbers are taken too."""
        transaction = ask(emulator, "beginTransaction", {"transactionOptions": {"readWrite": {}}})["transaction"]
        assert "missing" in ask(emulator, "lookup", {"keys": [KEY], "readOptions": {"transaction": transaction}})
        commit = {"mode": 1, "transaction": transaction, "mutations": [{"insert": {"key": KEY}}]}
        reply = ask(emulator, "commit", commit)
        assert len(reply["mutationResults"]) == 1
        query = {"query": {"kind": [{"name": "Song"}], "limit": 5}, "partitionId": {"projectId": "p"}}
        batch = ask(emulator, "runQuery", query)["batch"]
        assert (batch["entityResultType"], len(batch["entityResults"])) == ("FULL", 1)

    def test_waiting(self, emulator: Emulator) -> None:
        """A commit that another's lock holds up is answered once the lock is given up."""
        transaction = ask(emulator, "beginTransaction", {})["transaction"]
        ask(emulator, "lookup", {"keys": [KEY], "readOptions": {"transaction": transaction}})
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(put, emulator, {})
            assert "missing" in ask(emulator, "lookup", {"keys": [KEY]})
            ask(emulator, "rollback", {"transaction": transaction})
            assert len(waiting.result(10.0)["mutationResults"]) == 1

    @pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
    def test_empty_body(self, emulator: Emulator, body: bytes) -> None:
        """Nothing at all is an empty message."""
        status, _, answer = send(emulator, "/v1/projects/p:beginTransaction", body)
        transaction = json.loads(answer)["transaction"]
        assert status == 200
        ask(emulator, "rollback", {"transaction": transaction})
        assert refusal(emulator, "rollback", json.dumps({"transaction": transaction}).encode())[:2] == (
            400,
            "INVALID_ARGUMENT",
        )

    def test_allocated_ids(self, emulator: Emulator) -> None:
        """An allocated id is a string of digits."""
        (key,) = ask(emulator, "allocateIds", {"keys": [{"path": [{"kind": "Song"}]}]})["keys"]
        assert key["path"][0]["id"].isdecimal()

    def test_projects_and_databases(self, emulator: Emulator) -> None:
        """The project is that of the path, also with a domain, and the database that of the body."""
        put(emulator, {"a": {"integerValue": 1}})
        assert "found" in ask(emulator, "lookup", {"keys": [KEY], "projectId": "other"})
        assert "missing" in ask(emulator, "lookup", {"keys": [KEY]}, "other")
        assert "missing" in ask(emulator, "lookup", {"keys": [KEY]}, "example.com:p")
        assert "missing" in ask(emulator, "lookup", {"keys": [KEY]}, "example.com%3Ap")
        assert "missing" in ask(emulator, "lookup", {"keys": [KEY], "databaseId": "second"})

    def test_what_is_tolerated(self, emulator: Emulator) -> None:
        """Fields newer than our messages, credentials, a missing content type, and what clients add to the address."""
        body = b'{"keys": [{"path": [{"kind": "Song", "name": "waltz"}]}], "fieldOfTomorrow": {"a": 1}}'
        for kind in (JSON, "application/json; charset=UTF-8", "text/plain", None):
            assert send(emulator, f"{LOOKUP}?alt=json&$alt=json;enum-encoding=int&key=k", body, kind)[0] == 200


class TestErrors:
    def test_conflict(self, emulator: Emulator) -> None:
        """An error has the service's code, name and message."""
        put(emulator, {})
        body = json.dumps({"mode": "NON_TRANSACTIONAL", "mutations": [{"insert": {"key": KEY}}]}).encode()
        assert refusal(emulator, "commit", body)[:2] == (409, "ALREADY_EXISTS")

    @pytest.mark.parametrize(
        "body",
        [b"{", b"[]", b"1", b"null", b"\xff", b'{"keys": 5}', b'{"keys": [{"path": [{"kind": "\\ud800"}]}]}',
         b"[" * 100_000, b'{"databaseId": 7}', b'{"keys": [' * 500],
    )  # fmt: skip
    def test_no_message(self, emulator: Emulator, body: bytes) -> None:
        """What is no request is refused, and named."""
        status, name, message = refusal(emulator, "lookup", body)
        assert (status, name) == (400, "INVALID_ARGUMENT")
        assert "LookupRequest" in message

    def test_a_sum_without_a_kind(self, emulator: Emulator) -> None:
        """No kind has a property of every kind; counting needs none."""
        sums = [{"sum": {"property": {"name": "a"}}}, {"count": {}}]
        body = json.dumps({"aggregationQuery": {"nestedQuery": {}, "aggregations": sums}}).encode()
        assert refusal(emulator, "runAggregationQuery", body) == (
            400,
            "INVALID_ARGUMENT",
            "kind is required for sum and avg",
        )
        ask(emulator, "runAggregationQuery", {"aggregationQuery": {"nestedQuery": {}, "aggregations": sums[1:]}})

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/v1/projects/p:sing"),
            ("GET", LOOKUP),
            ("POST", "/v1/projects/:lookup"),
            ("POST", "/v1/projects/p"),
        ],
    )
    def test_no_method(self, emulator: Emulator, method: str, path: str) -> None:
        """Other words, methods and paths are not found."""
        status, _, body = send(emulator, path, b"{}", JSON, method)
        assert (status, json.loads(body)["error"]["status"]) == (404, "NOT_FOUND")


class TestProtobuf:
    def call(self, emulator: Emulator, word: str, request: Message, path: str = "/v1/projects/p") -> tuple[int, bytes]:
        """Status and body of one request; both kinds of body are protobuf."""
        status, kind, body = send(emulator, f"{path}:{word}", request.SerializeToString(), PROTOBUF)
        assert kind == PROTOBUF
        return status, body

    def test_round_trip(self, emulator: Emulator) -> None:
        """The same messages as over gRPC."""
        put(emulator, {"a": {"integerValue": "1"}})
        request = messages.LookupRequest()
        request.keys.add().path.add(kind="Song", name="waltz")
        status, body = self.call(emulator, "lookup", request)
        assert status == 200
        assert messages.LookupResponse.FromString(body).found[0].entity.properties["a"].integer_value == 1

    def test_errors(self, emulator: Emulator) -> None:
        """A refusal is a google.rpc.Status, whoever refuses."""
        status, body = self.call(emulator, "rollback", messages.RollbackRequest(transaction=b"none"))
        error = Status.FromString(body)
        assert (status, error.code) == (400, 3)
        assert "transaction" in error.message
        status, body = self.call(emulator, "sing", messages.RollbackRequest())
        assert (status, Status.FromString(body).code) == (404, 5)

    def test_no_message(self, emulator: Emulator) -> None:
        """Bytes that are no message are refused."""
        status, kind, body = send(emulator, LOOKUP, b"\xff\xff", PROTOBUF)
        assert (status, kind, Status.FromString(body).code) == (400, PROTOBUF, 3)

    def test_the_other_form(self, emulator: Emulator) -> None:
        """`alt` chooses the form of the reply."""
        body = json.dumps({"keys": [KEY]}).encode()
        status, kind, reply = send(emulator, f"{LOOKUP}?alt=proto", body)
        assert (status, kind) == (200, PROTOBUF)
        assert len(messages.LookupResponse.FromString(reply).missing) == 1


class TestClient:
    def test_without_grpc(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Google's client with gRPC switched off works through the environment alone."""
        monkeypatch.setenv("DATASTORE_EMULATOR_HOST", emulator.address)
        client = datastore.Client(project="p", _use_grpc=False)
        entity = client.entity(client.key("Song"))
        entity["title"] = "waltz"
        with client.transaction():
            client.put(entity)
        assert [found["title"] for found in client.query(kind="Song").fetch()] == ["waltz"]
        client.delete(entity.key)
        assert client.get(entity.key) is None
        batch = client.batch()
        batch.begin()
        batch.put(entity)
        batch.commit()
        with pytest.raises(exceptions.BadRequest, match="transaction"):
            client._datastore_api.rollback(request={"project_id": "p", "transaction": b"none"})
        client._http.close()
