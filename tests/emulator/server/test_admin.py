"""DatastoreAdmin over the wire: Google's client over gRPC, and JSON or protobuf over HTTP."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud.datastore_admin_v1 import DatastoreAdminClient, Index
from google.cloud.datastore_admin_v1.services.datastore_admin.transports import DatastoreAdminGrpcTransport
from google.cloud.datastore_admin_v1.types import datastore_admin
from google.longrunning.operations_pb2 import Operation

from consistency.emulator.clients import close_client
from consistency.emulator.library import Emulator
from consistency.emulator.server.routes import PROTOBUF

INDEX = {
    "kind": "Song",
    "ancestor": "NONE",
    "properties": [{"name": "a", "direction": "ASCENDING"}, {"name": "b", "direction": "DESCENDING"}],
}
INDEXES = "/v1/projects/p/indexes"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as opened:
        yield opened


@pytest.fixture
def admin(emulator: Emulator) -> Iterator[Any]:
    """Google's admin client of it."""
    with grpc.insecure_channel(emulator.address) as channel:
        yield DatastoreAdminClient(transport=DatastoreAdminGrpcTransport(channel=channel))


def ask(emulator: Emulator, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> Any:
    """Status and body of one request, the body parsed where it is JSON."""
    connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10.0)
    try:
        connection.request(method, path, body, {"Content-Type": kind})
        response = connection.getresponse()
        content = response.read()
        return response.status, content if kind == PROTOBUF else json.loads(content)
    finally:
        connection.close()


def put_song(emulator: Emulator) -> None:
    client = emulator.client("p")
    client.put(client.entity(client.key("Song", "waltz")))
    close_client(client)


class TestClient:
    """Google's own, over gRPC."""

    def test_indexes(self, admin: Any) -> None:
        """Created, listed, read and deleted; an index that is not there is NOT_FOUND."""
        wanted = Index(kind="Song", ancestor=1, properties=[{"name": "a", "direction": 2}])
        created = admin.create_index(request={"project_id": "p", "index": wanted}).result(timeout=10)
        assert created.state == Index.State.READY
        assert list(admin.list_indexes(request={"project_id": "p"})) == [created]
        named = {"project_id": "p", "index_id": created.index_id}
        assert admin.get_index(request=named) == created
        with pytest.raises(exceptions.AlreadyExists):
            admin.create_index(request={"project_id": "p", "index": wanted})
        admin.delete_index(request=named).result(timeout=10)
        with pytest.raises(exceptions.NotFound, match="There is no index"):
            admin.get_index(request=named)

    def test_an_export_is_imported(self, emulator: Emulator, admin: Any, tmp_path: Path) -> None:
        """The operations are done, and say how much they did."""
        put_song(emulator)
        operation = admin.export_entities(request={"project_id": "p", "output_url_prefix": str(tmp_path)})
        url = operation.result(timeout=10).output_url
        assert operation.metadata.common.state.name == "SUCCESSFUL"
        emulator.reset()
        operation = admin.import_entities(request={"project_id": "p", "input_url": url})
        operation.result(timeout=10)
        assert operation.metadata.progress_entities.work_completed == 1
        with pytest.raises(exceptions.InvalidArgument, match="cannot be read: No such file"):
            admin.import_entities(request={"project_id": "p", "input_url": "/nowhere"})


class TestHttp:
    """The paths of the REST reference."""

    def test_indexes(self, emulator: Emulator) -> None:
        """Created, listed by pages, read and deleted."""
        for kind in ("Song", "Dance"):
            status, operation = ask(emulator, "POST", INDEXES, json.dumps({**INDEX, "kind": kind}).encode())
            assert (status, operation["done"], operation["response"]["state"]) == (200, True, "READY")
        page = ask(emulator, "GET", f"{INDEXES}?pageSize=1")[1]
        (first,) = page["indexes"]
        assert first == {
            **INDEX,
            "kind": first["kind"],
            "projectId": "p",
            "indexId": first["indexId"],
            "state": "READY",
        }
        (second,) = ask(emulator, "GET", f"{INDEXES}?pageToken={page['nextPageToken']}")[1]["indexes"]
        assert {first["kind"], second["kind"]} == {"Song", "Dance"}
        place = f"{INDEXES}/{first['indexId']}"
        assert ask(emulator, "GET", place) == (200, first)
        assert ask(emulator, "DELETE", place)[1]["metadata"]["common"]["operationType"] == "DELETE_INDEX"
        status, error = ask(emulator, "GET", place)
        assert (status, error["error"]["status"]) == (404, "NOT_FOUND")

    def test_exports(self, emulator: Emulator, tmp_path: Path) -> None:
        """As JSON there, as protobuf back."""
        put_song(emulator)
        body = json.dumps({"outputUrlPrefix": str(tmp_path), "entityFilter": {"kinds": ["Song"]}}).encode()
        status, operation = ask(emulator, "POST", "/v1/projects/p:export", body)
        assert (status, operation["done"]) == (200, True)
        url = operation["response"]["outputUrl"]
        message = datastore_admin.ImportEntitiesRequest.pb()(input_url=url).SerializeToString()
        status, content = ask(emulator, "POST", "/v1/projects/q:import", message, PROTOBUF)
        assert (status, Operation.FromString(content).done) == (200, True)
        found = ask(emulator, "POST", "/v1/projects/q:runQuery", b'{"query": {"kind": [{"name": "Song"}]}}')[1]
        (result,) = found["batch"]["entityResults"]
        assert result["entity"]["key"]["partitionId"]["projectId"] == "q"

    @pytest.mark.parametrize(
        ("method", "path", "body", "status", "told"),
        [
            ("POST", "/v1/projects/p:export", b"{}", 400, "has no output_url_prefix"),
            ("POST", "/v1/projects/p:import", b'{"inputUrl": 5}', 400, "The body is not a ImportEntitiesRequest"),
            ("GET", "/v1/projects/p:export", b"", 404, "nothing answers"),
            ("GET", f"{INDEXES}?pageSize=x", b"", 400, "is not a number"),
            ("GET", f"{INDEXES}?filter=x", b"", 501, "A filter of ListIndexes is not implemented"),
            ("DELETE", INDEXES, b"", 404, "nothing answers"),
            ("PATCH", f"{INDEXES}/1", b"", 404, "nothing answers"),
            ("POST", INDEXES, b'{"kind": "Song"}', 400, "An index needs a kind and at least one named property"),
            ("GET", "/v1/projects/p/operations", b"", 404, "nothing answers"),
        ],
    )
    def test_refused(self, emulator: Emulator, method: str, path: str, body: bytes, status: int, told: str) -> None:
        """In the shape of every error."""
        answered, error = ask(emulator, method, path, body)
        assert (answered, error["error"]["code"]) == (status, status)
        assert told in error["error"]["message"]
