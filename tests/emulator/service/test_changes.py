"""Concurrency and limits that are changed while the emulator runs, as `PATCH /v1/config` changes them."""

import asyncio
import http.client
import json
from itertools import count
from typing import Any, ClassVar

import pytest
from google.api_core import exceptions

from consistency import clock
from consistency.emulator.clients import close_client
from consistency.emulator.library import Emulator
from consistency.emulator.server.configuration import change_config
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values import messages
from tests.emulator.embedded import Embedded
from tests.emulator.talk import Talk, found_names, unindexed, upsert

_values = count(1)  # a write of what is there already would be no conflict


def patch(embedded: Embedded, **changes: object) -> None:
    embedded.service.change(change_config(embedded.service.settings, changes))


def reader_and_writer(talk: Talk) -> tuple[str, str]:
    """A transaction reads what another writes before it commits: how the writer and the reader end."""
    reading = talk.begin()
    talk.lookup(talk.key("Kind", "a"), transaction=reading)
    return _end(talk, b""), _end(talk, reading)


def _end(talk: Talk, transaction: bytes) -> str:
    try:
        talk.commit(upsert(talk.key("Kind", "a"), p=next(_values)), transaction=transaction)
    except ServiceError as error:
        return error.code.name
    return "OK"


class TestConcurrency:
    """What becomes of a reader and a writer tells the modes apart."""

    MODES: ClassVar = {"pessimistic": ("ABORTED", "OK"), "optimistic": ("OK", "ABORTED")}

    @pytest.mark.parametrize("model", ["strong", "megastore"])
    def test_there_and_back(self, model: str) -> None:
        """From each mode to each other, with the same request as before."""
        embedded = Embedded(model)
        for mode in ("pessimistic", "optimistic", "pessimistic", "optimistic"):
            patch(embedded, concurrency=mode)
            assert reader_and_writer(embedded.talk()) == self.MODES[mode]

    def test_entity_groups(self) -> None:
        """Are the unit while they are to be: another entity of the group conflicts, and groups are limited."""
        embedded = Embedded()
        talk = embedded.talk()
        for mode, ended in (("optimistic", "OK"), ("optimistic_with_entity_groups", "ABORTED"), ("optimistic", "OK")):
            patch(embedded, concurrency=mode)
            reading = talk.begin()
            talk.lookup(talk.key("Root", 1, "Kind", 1), transaction=reading)
            talk.put("Root", 1, "Kind", 2)
            assert _end(talk, reading) == ended

    def test_the_wait_for_locks(self) -> None:
        """Is as long as it is said to be."""
        embedded = Embedded(concurrency="pessimistic")
        assert embedded.service._state.lock_timeout_ns == 2_000_000_000
        patch(embedded, lockTimeout="10ms")
        assert embedded.service._state.lock_timeout_ns == 10_000_000
        assert reader_and_writer(embedded.talk()) == ("ABORTED", "OK")

    def test_open_transactions_end(self) -> None:
        """When the mode changes: what they have read is kept in no other."""
        embedded = Embedded()
        talk = embedded.talk()
        reading = talk.begin()
        talk.lookup(talk.key("Kind", "a"), transaction=reading)
        patch(embedded, concurrency="optimistic")
        with pytest.raises(ServiceError, match="no longer valid"):
            talk.commit(upsert(talk.key("Kind", "a")), transaction=reading)

    def test_a_commit_that_waits_goes_on(self) -> None:
        """Where the new mode has no locks, long before its time is over."""
        embedded = Embedded(lock_timeout="1h")
        talk = embedded.talk()
        talk.lookup(talk.key("Kind", "a"), transaction=talk.begin())
        request = messages.CommitRequest(project_id="p", mode=2)
        request.mutations.append(upsert(talk.key("Kind", "a"), p=1))

        async def wait() -> None:
            async with asyncio.timeout(1):
                waiting = asyncio.ensure_future(embedded.send("Commit", request))
                await asyncio.sleep(0.1)
                assert not waiting.done()
                patch(embedded, concurrency="optimistic")
                await waiting

        clock.run(wait(), virtual=True)
        assert talk.get("Kind", "a") == {"p": 1}

    def test_an_unknown_mode_changes_nothing(self) -> None:
        """Not even what was said beside it."""
        embedded = Embedded()
        with pytest.raises(ValueError, match="is not a mode of concurrency"):
            patch(embedded, limits="legacy", concurrency="hopeful")
        embedded.talk().commit(*(upsert(embedded.talk().key("Kind", number)) for number in range(1, 502)))
        assert reader_and_writer(embedded.talk()) == TestConcurrency.MODES["pessimistic"]


class TestLimits:
    """What one profile refuses another takes."""

    @pytest.mark.parametrize(
        "order", [("datastore_mode", "legacy", "off", "legacy"), ("legacy", "datastore_mode", "off")]
    )
    def test_there_and_back(self, order: tuple[str, ...]) -> None:
        """The same two commits under each profile: one that only the legacy one refuses, one that only none takes."""
        embedded = Embedded()
        talk = embedded.talk()
        many = [upsert(talk.key("Kind", number)) for number in range(1, 502)]
        long = upsert(talk.key("Kind", "long"), p=unindexed("x" * 1_100_000))
        for profile in order:
            patch(embedded, limits=profile)
            outcomes = [self.outcome(talk, *mutations) for mutations in (many, [long])]
            assert outcomes == [profile != "legacy", profile == "off"]

    @staticmethod
    def outcome(talk: Talk, *mutations: object) -> bool:
        try:
            talk.commit(*mutations)
        except ServiceError as error:
            return error.code is not Code.INVALID_ARGUMENT
        return True

    def test_they_follow_the_model(self) -> None:
        """Where none are named."""
        embedded = Embedded()
        talk = embedded.talk()
        many = [upsert(talk.key("Kind", number)) for number in range(1, 502)]
        for model, taken in (("megastore", False), ("strong", True)):
            patch(embedded, model=model)
            assert self.outcome(talk, *many) == taken
        patch(embedded, model="megastore", limits="off")
        assert self.outcome(talk, *many)

    def test_a_query_that_was_asked_before(self) -> None:
        """Is understood anew when the model changes: the legacy one takes inequalities on one property alone."""
        embedded = Embedded()
        talk = embedded.talk()
        talk.put("Kind", "a", p=1, q=1)
        asked = [("p", ">", 0), ("q", ">", 0)]
        assert found_names(talk.query("Kind", *asked)) == ["a"]
        patch(embedded, model="megastore")
        with pytest.raises(ServiceError, match="Only one inequality filter"):
            talk.query("Kind", *asked)
        patch(embedded, model="strong")
        assert found_names(talk.query("Kind", *asked)) == ["a"]


class TestEndpoint:
    """Over HTTP, in front of a real client."""

    def test_limits_and_concurrency(self) -> None:
        """Told back, and felt by the client's next call."""
        with Emulator() as emulator:
            client = emulator.client("p")
            entities = [client.entity(client.key("Kind", number)) for number in range(1, 502)]
            client.put_multi(entities)
            told = self.patch(emulator, {"limits": "legacy", "concurrency": "optimistic", "lockTimeout": "50ms"})
            assert (told["limits"], told["concurrency"], told["lockTimeout"]) == ("legacy", "optimistic", "50ms")
            with pytest.raises(exceptions.InvalidArgument, match="at most 500 mutations"):
                client.put_multi(entities)
            with pytest.raises(exceptions.Aborted):
                self.lose(client)
            close_client(client)

    @staticmethod
    def lose(client: Any) -> None:
        """A transaction whose entity another has written: with a lock that other one would have lost."""
        with client.transaction():
            client.get(client.key("Kind", 1))
            other = client.batch()
            other.begin()
            changed = client.entity(client.key("Kind", 1))
            changed["p"] = 1
            other.put(changed)
            other.commit()
            client.put(client.entity(client.key("Kind", 2)))

    @staticmethod
    def patch(emulator: Emulator, changes: dict[str, str]) -> dict[str, str]:
        connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10.0)
        try:
            connection.request("PATCH", "/v1/config", json.dumps(changes))
            told: dict[str, str] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return told
