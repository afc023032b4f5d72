"""google-cloud-datastore, over gRPC and over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud import datastore, exceptions

from consistency.emulator.clients import close_client
from consistency.emulator.library import Emulator

pytestmark = pytest.mark.slow


@pytest.fixture(params=[True, False], ids=["grpc", "http"])
def client(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[datastore.Client]:
    """A client that nobody told anything."""
    made = datastore.Client(_use_grpc=request.param)
    yield made
    if request.param:
        close_client(made)
    else:
        made._http.close()


def make(client: Any, name: str, **properties: object) -> Any:
    """An entity of kind Song."""
    entity = client.entity(client.key("Song", name))
    entity.update(properties)
    return entity


def fill(client: Any, count: int) -> None:
    """So many songs, of which every other one is old."""
    for start in range(0, count, 400):
        client.put_multi(
            [make(client, f"{k:05}", number=k, old=k % 2 == 0) for k in range(start, min(count, start + 400))]
        )


class TestClient:
    def test_put_and_get(self, client: Any) -> None:
        """What was put is found, what was deleted is not, and an incomplete key is completed."""
        client.put(make(client, "waltz", title="Blue", plays=[1, 2], inner=datastore.Entity()))
        assert client.get(client.key("Song", "waltz"))["plays"] == [1, 2]
        client.delete(client.key("Song", "waltz"))
        missing: list[Any] = []
        assert client.get_multi([client.key("Song", "waltz")], missing=missing) == []
        assert len(missing) == 1
        entity = client.entity(client.key("Song"))
        client.put(entity)
        assert client.get(entity.key) is not None
        assert len({key.id for key in client.allocate_ids(client.key("Song"), 5)}) == 5

    def test_all_pages(self, client: Any) -> None:
        """A long query gives everything once, at one go and page by page."""
        fill(client, 1_000)
        query = client.query(kind="Song", order=["-number"])
        assert [entity["number"] for entity in query.fetch()] == list(range(999, -1, -1))
        found: list[int] = []
        cursor = None
        while True:
            pages = query.fetch(limit=300, start_cursor=cursor)
            page = [entity["number"] for entity in next(pages.pages)]
            found += page
            cursor = pages.next_page_token
            if not cursor or not page:
                break
        assert found == list(range(999, -1, -1))
        query.add_filter(filter=datastore.query.PropertyFilter("old", "=", True))
        query.order = []
        query.keys_only()
        assert len(list(query.fetch())) == 500

    def test_a_transaction(self, client: Any) -> None:
        """It is applied as a whole, or not at all; the loser of a conflict is told."""
        client.put(make(client, "waltz", plays=1))
        with client.transaction():
            song = client.get(client.key("Song", "waltz"))
            song["plays"] += 1
            client.put_multi([song, make(client, "tango")])
        assert client.get(client.key("Song", "waltz"))["plays"] == 2
        given_up = client.transaction()
        given_up.begin()
        given_up.put(make(client, "polka"))
        given_up.rollback()
        assert client.get(client.key("Song", "polka")) is None
        with client.transaction(read_only=True):
            assert client.get(client.key("Song", "tango")) is not None

    def test_a_refusal(self, client: Any) -> None:
        """A refusal is the exception that the library has for it."""
        batch = client.batch()
        batch.begin()
        batch.put(make(client, "waltz"))
        batch.mutations[0].update = batch.mutations[0].upsert
        with pytest.raises(exceptions.NotFound):
            batch.commit()

    @pytest.mark.usefixtures("_aggregations")
    def test_aggregation(self, client: Any) -> None:
        """Count, sum and average."""
        fill(client, 10)
        query = client.aggregation_query(client.query(kind="Song")).count("n").sum("number", "s").avg("number", "a")
        (results,) = query.fetch()
        assert {result.alias: result.value for result in results} == {"n": 10, "s": 45, "a": 4.5}
