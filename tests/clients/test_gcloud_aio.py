"""gcloud-aio-datastore, which speaks JSON over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from consistency.emulator.library import Emulator

library = pytest.importorskip("gcloud.aio.datastore", reason="gcloud-aio-datastore is not installed")
pytestmark = pytest.mark.slow


def run(use: Callable[[Any], Awaitable[None]]) -> None:
    """Call with a client that nobody told anything, and close it."""

    async def main() -> None:
        async with library.Datastore() as client:
            await use(client)

    asyncio.run(main())


def key(name: str | None = None) -> Any:
    """A key of kind Song."""
    return library.Key("clients", [library.PathElement("Song", name=name)])


def query(**options: Any) -> Any:
    """All songs."""
    return library.Query("Song", **options)


@pytest.mark.usefixtures("emulator")
class TestGcloudAio:
    def test_put_and_get(self) -> None:
        """What was put is found, what was deleted is not; ids are allocated and reserved."""

        async def use(client: Any) -> None:
            properties = {"title": "Blue", "plays": 3, "gain": 0.5, "none": None}
            tags = library.Array([library.Value("a"), library.Value("b")])
            await client.insert(key("waltz"), properties | {"tags": tags})
            (found,) = (await client.lookup([key("waltz"), key("tango")]))["found"]
            values = dict(found.entity.properties)
            assert values.pop("tags") == tags
            assert values == properties
            await client.delete(key("waltz"))
            assert len((await client.lookup([key("waltz")]))["missing"]) == 1
            (allocated,) = await client.allocateIds([key()])
            assert allocated.path[0].id

        run(use)

    def test_all_pages(self) -> None:
        """A long query gives everything once, page by page."""

        async def use(client: Any) -> None:
            puts = [client.make_mutation(library.Operation.UPSERT, key(f"{k:05}"), {"number": k}) for k in range(450)]
            await client.commit(puts, mode=library.Mode.NON_TRANSACTIONAL)
            order = [library.PropertyOrder("number", library.Direction.DESCENDING)]
            found: list[int] = []
            cursor = ""
            while True:
                batch = (await client.runQuery(query(order=order, limit=100, start_cursor=cursor))).result_batch
                found += [result.entity.properties["number"] for result in batch.entity_results]
                cursor = batch.end_cursor
                if not batch.entity_results:
                    break
            assert found == list(range(449, -1, -1))

        run(use)

    def test_a_transaction(self) -> None:
        """It begins with an empty body, reads, and commits; one that is rolled back leaves nothing."""

        async def use(client: Any) -> None:
            transaction = await client.beginTransaction()
            await client.lookup([key("waltz")], transaction=transaction)
            put = client.make_mutation(library.Operation.INSERT, key("waltz"), {"plays": 1})
            await client.commit([put], transaction=transaction)
            assert len((await client.lookup([key("waltz")]))["found"]) == 1
            await client.rollback(await client.beginTransaction())

        run(use)

    @pytest.mark.usefixtures("_aggregations")
    def test_aggregation(self, emulator: Emulator) -> None:
        """The library has no aggregation of its own, so its session asks."""
        aiohttp = pytest.importorskip("aiohttp")

        async def count() -> None:
            body = {"aggregationQuery": {"aggregations": [{"count": {}, "alias": "n"}],
                                         "nestedQuery": {"kind": [{"name": "Song"}]}}}  # fmt: skip
            url = f"http://{emulator.address}/v1/projects/clients:runAggregationQuery"
            async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
                (result,) = (await reply.json())["batch"]["aggregationResults"]
                assert result == {"aggregateProperties": {"n": {"integerValue": "0"}}}

        asyncio.run(count())
