"""The manual model: every anomaly as a script, and the ways to steer it."""

import http.client
import json

import pytest

from consistency.emulator.library import Emulator
from consistency.emulator.status import ServiceError
from tests.emulator.embedded import Embedded
from tests.emulator.talk import EVENTUAL, Talk, delete, found_names, properties_of


class Script:
    """A store that applies what it is told, with one red entity that everybody sees."""

    def __init__(self) -> None:
        self.embedded = Embedded("manual")
        self.talk: Talk = self.embedded.talk()
        self.talk.put("Kind", "a", color="red")
        self.steer("apply")

    def steer(self, verb: str, **words: object) -> None:
        self.embedded.service.steer(verb, words)

    def reach(self, milestone: str, name: str, **words: object) -> None:
        key = {"partitionId": {"projectId": "p"}, "path": [{"kind": "Kind", "name": name}]}
        self.steer("apply", milestone=milestone, key=key, **words)

    def colors(self, *filters: tuple[str, str, object], **options: object) -> list[object]:
        found = self.talk.query("Kind", *filters, **options).entity_results
        return [properties_of(result)["color"] for result in found]


class TestAnomalies:
    """The four anomalies of queries, and going back in time, one test each."""

    def test_missing(self) -> None:
        """A committed entity is in no eventual read before it is applied."""
        script = Script()
        script.talk.put("Kind", "b", color="blue")
        assert script.colors() == ["red"]
        assert script.talk.get("Kind", "b", eventual=True) is None
        assert script.colors(("color", "=", "blue"), ancestor=script.talk.key("Kind", "b"), consistency=EVENTUAL) == []
        assert script.talk.get("Kind", "b") == {"color": "blue"}

    def test_stale_match(self) -> None:
        """Between A and B a query for red returns a blue entity."""
        script = Script()
        script.talk.put("Kind", "a", color="blue")
        assert script.colors(("color", "=", "red")) == ["red"]
        script.steer("apply", milestone="A")
        assert script.colors(("color", "=", "red")) == ["blue"]
        assert script.colors(("color", "=", "blue")) == []
        script.steer("apply", milestone="B")
        assert script.colors(("color", "=", "red")) == []

    def test_deleted_but_returned(self) -> None:
        """Whole before A, as a key alone between A and B."""
        script = Script()
        script.talk.commit(delete(script.talk.key("Kind", "a")))
        assert script.colors() == ["red"]
        script.steer("apply", milestone="A")
        assert script.colors() == []
        assert found_names(script.talk.query("Kind", keys_only=True)) == ["a"]

    def test_wrong_order_and_limit(self) -> None:
        """The order and the limit are those of the old rows, the bodies are the new ones."""
        script = Script()
        script.talk.put("Kind", "b", color="white")
        script.steer("apply")
        script.talk.put("Kind", "a", color="yellow")
        script.steer("apply", milestone="A")
        assert script.colors(orders=["color"]) == ["yellow", "white"]
        assert script.colors(orders=["color"], limit=1) == ["yellow"]

    def test_back_in_time(self) -> None:
        """Restored indexes find what they found at the snapshot."""
        script = Script()
        script.steer("snapshot_indexes")
        script.talk.put("Kind", "b", color="blue")
        script.steer("apply")
        assert script.colors() == ["red", "blue"]
        script.steer("restore_indexes")
        assert script.colors() == ["red"]
        assert script.talk.get("Kind", "b", eventual=True) == {"color": "blue"}


class TestSteering:
    def test_a_key_is_applied_with_what_came_before_it_in_its_group(self) -> None:
        """And nothing behind it, unless the whole group is meant."""
        script = Script()
        for name in ("b", "c"):
            script.talk.put("Kind", name, color=name)
            script.talk.put("Kind", name, "Kind", "child", color=f"{name} child")
        script.reach("B", "b")
        assert script.colors() == ["red", "b"]
        script.reach("B", "c", group=True)
        assert script.colors() == ["red", "b", "c", "c child"]
        script.reach("B", "nobody")
        assert script.colors() == ["red", "b", "c", "c child"]

    def test_caught_up_it_follows_until_it_is_frozen(self) -> None:
        """A fresh one is frozen."""
        script = Script()
        script.steer("catch_up")
        script.talk.put("Kind", "b", color="blue")
        assert script.colors() == ["red", "blue"]
        script.steer("freeze")
        script.talk.put("Kind", "c", color="green")
        assert script.colors() == ["red", "blue"]

    def test_rows_that_were_taken_back_hold_up_later_ones(self) -> None:
        """A group's log keeps its order, also where commits are applied as they are made."""
        script = Script()
        script.steer("snapshot_indexes", name="old")
        script.talk.put("Kind", "a", color="blue")
        script.steer("catch_up")
        script.steer("restore_indexes", name="old")
        script.talk.put("Kind", "a", color="green")
        assert script.colors(("color", "=", "green")) == []
        assert script.colors(("color", "=", "red")) == ["green"]

    def test_rows_go_back_to_a_snapshot_of_what_was_forgotten(self) -> None:
        """Also where the group's history had settled before the snapshot; without one, history goes as elsewhere."""
        script = Script()
        script.talk.get("Kind", "a")  # settles what is applied
        script.steer("snapshot_indexes")
        script.talk.put("Kind", "a", color="blue")
        script.steer("apply")
        script.embedded.now_ns = 10**15
        assert script.colors(("color", "=", "blue")) == ["blue"]
        script.steer("restore_indexes")
        assert script.colors(("color", "=", "red")) == ["blue"]

    def test_the_truth_log_tells_what_was_done(self) -> None:
        """When it was done; 2^62 before."""
        script = Script()
        script.embedded.now_ns = 7
        script.talk.put("Kind", "b")
        assert (script.embedded.truth[-1].bodies_ns, script.embedded.truth[-1].rows_ns) == (1 << 62, 1 << 62)
        script.embedded.now_ns = 9
        script.steer("apply", milestone="A")
        assert (script.embedded.truth[-1].bodies_ns, script.embedded.truth[-1].rows_ns) == (9, 1 << 62)

    @pytest.mark.parametrize(
        ("verb", "words", "told"),
        [
            ("apply", {"milestone": "C"}, "milestone must be A or B"),
            ("apply", {"group": True}, "group needs a key"),
            ("apply", {"key": "a"}, "key is not a Key"),
            ("apply", {"key": {"paht": []}}, "key is not a Key"),
            ("apply", {"key": {"path": [{"kind": "Kind", "name": "a"}]}}, "key names no project"),
            ("apply", {"mile": "A"}, "apply does not know mile: it knows milestone, key, group"),
            ("freeze", {"now": True}, "freeze does not know now"),
            ("restore_indexes", {"name": "new"}, "there is no snapshot new: there are none"),
            ("partition", {"replica": 1}, "only the models replicas and quorum can do that"),
        ],
    )
    def test_what_cannot_be_is_refused(self, verb: str, words: dict[str, object], told: str) -> None:
        """By name."""
        with pytest.raises(ServiceError, match=told):
            Script().embedded.service.steer(verb, words)


class TestDoors:
    @staticmethod
    def post(emulator: Emulator, verb: str, words: object = None, method: str = "POST") -> tuple[int, object]:
        """Status and JSON of one request."""
        connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10.0)
        try:
            connection.request(method, f"/control/{verb}", None if words is None else json.dumps(words))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def test_by_python_and_by_http(self) -> None:
        """The same words do the same."""
        with Emulator("manual") as emulator:
            client = emulator.client("p")
            for name in ("a", "b"):
                client.put(client.entity(client.key("Kind", name)))
            emulator.control("apply", client.key("Kind", "a"), milestone="B")
            assert [entity.key.name for entity in client.query(kind="Kind").fetch()] == ["a"]
            assert self.post(emulator, "snapshot_indexes") == (200, {"name": "1"})
            assert self.post(emulator, "apply", {"milestone": "B"}) == (200, {})
            assert len(list(client.query(kind="Kind").fetch())) == 2
            assert self.post(emulator, "restore_indexes", {"name": "1"}) == (200, {})
            assert len(list(client.query(kind="Kind").fetch())) == 1
            assert self.post(emulator, "freze")[0] == 400
            assert self.post(emulator, "freeze", [])[0] == 400
            assert self.post(emulator, "freeze", method="GET")[0] == 404
            client.close()
