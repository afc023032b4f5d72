"""Which composite indexes queries need, what is refused without them, and the files that hold them."""

from pathlib import Path
from typing import Any

import pytest
from google.cloud.datastore_admin_v1.types import datastore_admin, index
from google.longrunning.operations_pb2 import Operation

from consistency.emulator.indexes.catalog import name_definition
from consistency.emulator.indexes.definitions import IndexDefinition, read_definitions, write_definitions
from consistency.emulator.service import Service
from consistency.emulator.service.service import ADMIN_PREFIX
from consistency.emulator.settings import Settings
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.messages import Message
from tests.emulator.embedded import EPOCH_NS, PREFIX
from tests.emulator.talk import REPLIES, Filter, Talk


def talk_to(settings: Settings) -> tuple[Talk, Service]:
    service = Service(settings, lambda: 0, lambda: EPOCH_NS)

    def call(method: str, request: Message) -> Message:
        reply = service.call(PREFIX + method, {}, request.SerializeToString())
        assert isinstance(reply, bytes)
        return REPLIES[method].FromString(reply)

    return Talk(call), service


NEEDS: list[tuple[list[Filter], dict[str, Any], list[str] | None]] = [
    # What App Engine's own decision says of each: None needs nothing; a leading minus is a descending property.
    ([], {}, None),
    ([("a", "=", 1), ("b", "=", 1)], {}, None),
    ([("a", ">", 1)], {}, None),
    ([("a", ">", 1)], {"orders": ["-a"]}, None),
    ([], {"orders": ["-a"]}, None),
    ([], {"orders": ["__key__"]}, None),
    ([("a", "=", 1)], {"orders": ["a"]}, None),
    ([], {"project": ["a"]}, None),
    ([], {"orders": ["-__key__"]}, ["-__key__"]),
    ([], {"orders": ["b", "-a"]}, ["b", "-a"]),
    ([("b", "=", 1), ("a", "=", 1), ("c", ">", 1)], {}, ["a", "b", "c"]),
    ([("b", "=", 1)], {"orders": ["-a"]}, ["b", "-a"]),
    ([("b", "=", 1)], {"orders": ["-__key__"]}, ["b", "-__key__"]),
    ([("b", "=", 1)], {"project": ["d", "c"]}, ["b", "c", "d"]),
    ([], {"distinct": ["b"], "project": ["a", "b"]}, ["b", "a"]),
]


class TestDecision:
    """With enforcement, by the refusal's recommendation."""

    @pytest.mark.parametrize(("filters", "options", "expected"), NEEDS)
    def test_what_is_needed(self, filters: list[Filter], options: dict[str, Any], expected: list[str] | None) -> None:
        """Nothing is refused that the built-in indexes serve."""
        talk, _ = talk_to(Settings("megastore", require_indexes=True))
        if expected is None:
            talk.query("Kind", *filters, **options)
            return
        with pytest.raises(ServiceError, match="no matching index found") as refusal:
            talk.query("Kind", *filters, **options)
        assert refusal.value.code is Code.FAILED_PRECONDITION
        assert refusal.value.message.startswith("no matching index found. recommended index is:\n- kind: Kind\n")
        (definition,) = read_definitions("indexes:\n" + refusal.value.message.partition("\n")[2])
        assert ["-" * descending + name for name, descending in definition.properties] == expected

    def test_an_ancestor_beside_an_order(self) -> None:
        """Is part of the index; alone it needs none."""
        talk, _ = talk_to(Settings("megastore", require_indexes=True))
        talk.query("Kind", ("a", "=", 1), ancestor=talk.key("Root", "r"))
        with pytest.raises(ServiceError, match="ancestor: yes"):
            talk.query("Kind", ancestor=talk.key("Root", "r"), orders=["a"])

    def test_in_datastore_mode_the_key_follows_a_descending_order(self) -> None:
        """So it needs an index only where it goes the other way."""
        talk, _ = talk_to(Settings(require_indexes=True))
        talk.query("Kind", orders=["-a"])
        talk.query("Kind", orders=["-a", "-__key__"])
        with pytest.raises(ServiceError, match="__key__"):
            talk.query("Kind", orders=["-a", "__key__"])

    def test_alternatives_need_what_each_needs(self) -> None:
        """IN under an order of another property."""
        talk, _ = talk_to(Settings(require_indexes=True))
        talk.query("Kind", ("a", "IN", [1, 2]), orders=["a"])
        with pytest.raises(ServiceError, match="no matching index"):
            talk.query("Kind", ("a", "IN", [1, 2]), orders=["b"])

    def test_indexes_are_joined(self, tmp_path: Path) -> None:
        """Two that end alike serve two equalities; a third equality is not served."""
        file = tmp_path / "index.yaml"
        halves = [IndexDefinition("Kind", ancestor=False, properties=((name, False), ("z", True))) for name in "ab"]
        file.write_text(write_definitions(halves))
        talk, _ = talk_to(Settings(index_file=file, require_indexes=True))
        talk.query("Kind", ("a", "=", 1), ("b", "=", 1), orders=["-z"])
        with pytest.raises(ServiceError, match="no matching index"):
            talk.query("Kind", ("a", "=", 1), ("b", "=", 1), ("c", "=", 1), orders=["-z"])


class TestFiles:
    """index.yaml."""

    def test_what_is_written_is_read(self) -> None:
        """In every form of definition."""
        definitions = [
            IndexDefinition("Kind", ancestor=True, properties=(("a", False), ("b", True))),
            IndexDefinition("Other", ancestor=False, properties=(("__key__", True),)),
            IndexDefinition("it's: yes", ancestor=False, properties=(("no", False), ("1", True))),
        ]
        assert read_definitions(write_definitions(definitions)) == definitions

    def test_other_layouts(self) -> None:
        """Indented lists, quotes, comments, directions in full, keys in another order."""
        text = """
# AUTOGENERATED
indexes:
  - ancestor: no
    kind: "Kind"   # quoted
    properties:
      - direction: descending
        name: a
      - name: 'b'
        direction: asc
"""
        expected = IndexDefinition("Kind", ancestor=False, properties=(("a", True), ("b", False)))
        assert read_definitions(text) == [expected]

    @pytest.mark.parametrize("line", ["- kind Kind", "colour: red", "  ancestor: maybe", "    direction: up"])
    def test_a_line_that_is_not_understood_is_named(self, line: str) -> None:
        """With its number."""
        text = f"indexes:\n- kind: Kind\n  properties:\n  - name: a\n{line}\n"
        with pytest.raises(ValueError, match="line 5"):
            read_definitions(text)

    @pytest.mark.parametrize("before", ["", "indexes: []\n", "# ours\nindexes:\n", None])
    def test_the_first_is_added(self, tmp_path: Path, before: str | None) -> None:
        """To a file without definitions, or a new one."""
        file = tmp_path / "index.yaml"
        if before is not None:
            file.write_text(before)
        talk, _ = talk_to(Settings(index_file=file))
        talk.query("Kind", orders=["a", "-b"])
        assert len(read_definitions(file.read_text())) == 1
        assert file.read_text().startswith("# ours" if before and "ours" in before else "indexes:\n")

    def test_what_people_wrote_stays(self, tmp_path: Path) -> None:
        """With its comments; the next definition is indented alike, and another process's is not lost."""
        file, other = tmp_path / "index.yaml", "\n  - kind: Other\n    properties:\n    - name: z\n"
        text = "indexes:\n  # for the list page\n  - kind: Kind\n    properties:\n    - name: a\n    - name: b\n"
        file.write_text(text)
        talk, _ = talk_to(Settings(index_file=file))
        file.write_text(text + other)
        talk.query("Kind", orders=["c", "d"])
        assert file.read_text().startswith(text + other + "\n  - kind: Kind\n    properties:\n    - name: c\n")
        assert len(read_definitions(file.read_text())) == 3

    def test_a_file_that_cannot_be_used_is_told(self, tmp_path: Path) -> None:
        """At the beginning, or by the query that cannot be added."""
        with pytest.raises(ValueError, match="cannot be written"):
            talk_to(Settings(index_file=tmp_path / "missing" / "index.yaml"))
        (tmp_path / "bytes").write_bytes(b"\xff")
        with pytest.raises(ValueError, match="is not text"):
            talk_to(Settings(index_file=tmp_path / "bytes"))
        talk, _ = talk_to(Settings(index_file=tmp_path / "index.yaml"))
        (tmp_path / "index.yaml").write_text("nonsense")
        with pytest.raises(ServiceError, match="cannot be changed: line 1") as refusal:
            talk.query("Kind", orders=["c", "d"])
        assert refusal.value.code is Code.FAILED_PRECONDITION

    def test_needed_indexes_are_added(self, tmp_path: Path) -> None:
        """Once each, behind those that stood there; with them enforcement is content."""
        file = tmp_path / "index.yaml"
        talk, _ = talk_to(Settings(index_file=file))
        for _ in range(2):
            talk.query("Kind", ("a", "=", 1), orders=["b"])
            talk.query("Kind", orders=["a", "-b"])
        assert len(read_definitions(file.read_text())) == 2
        talk, _ = talk_to(Settings(index_file=file, require_indexes=True))
        talk.query("Kind", ("a", "=", 1), orders=["b"])
        with pytest.raises(ServiceError, match="no matching index"):
            talk.query("Kind", ("a", "=", 1), orders=["c"])


class TestAdmin:
    """DatastoreAdmin's methods."""

    @staticmethod
    def call(service: Service, method: str, reply: Any = None, **fields: Any) -> Message:
        request = getattr(datastore_admin, f"{method}Request").pb()(project_id="p", **fields)
        answer = service.call(ADMIN_PREFIX + method, {}, request.SerializeToString())
        return (reply or index.Index.pb()).FromString(answer)

    def test_an_index_comes_and_goes(self) -> None:
        """Created it serves queries, is listed and found; deleted it does neither."""
        talk, service = talk_to(Settings(require_indexes=True))
        wanted = index.Index.pb()(kind="Kind", ancestor=1)
        for name in "ab":
            wanted.properties.add(name=name, direction=1)
        operation = self.call(service, "CreateIndex", Operation, index=wanted)
        created = index.Index.pb()()
        assert operation.done
        assert operation.response.Unpack(created)
        talk.query("Kind", ("a", "=", 1), orders=["b"])
        listed = self.call(service, "ListIndexes", datastore_admin.ListIndexesResponse.pb())
        assert list(listed.indexes) == [created] == [self.call(service, "GetIndex", index_id=created.index_id)]
        self.call(service, "DeleteIndex", Operation, index_id=created.index_id)
        with pytest.raises(ServiceError, match="no matching index"):
            talk.query("Kind", ("a", "=", 1), orders=["b"])
        with pytest.raises(ServiceError) as refusal:
            self.call(service, "GetIndex", index_id=created.index_id)
        assert refusal.value.code is Code.NOT_FOUND

    def test_pages(self) -> None:
        """A token leads to the next."""
        _, service = talk_to(Settings())
        for name in "abc":
            self.create(service, name, "p")
        reply = datastore_admin.ListIndexesResponse.pb()
        first = self.call(service, "ListIndexes", reply, page_size=2)
        second = self.call(service, "ListIndexes", reply, page_size=2, page_token=first.next_page_token)
        assert sorted(each.kind for each in (*first.indexes, *second.indexes)) == ["a", "b", "c"]
        assert second.next_page_token == ""

    def test_there_are_so_many_at_most(self) -> None:
        """200 in the old service."""
        _, service = talk_to(Settings("megastore"))
        for number in range(200):
            self.create(service, f"Kind{number}", "ab")
        with pytest.raises(ServiceError, match="200 composite indexes") as refusal:
            self.create(service, "Kind", "ab")
        assert refusal.value.code is Code.RESOURCE_EXHAUSTED

    def test_the_file_follows(self, tmp_path: Path) -> None:
        """What is created is in it, what is deleted is not, and comments and other definitions stay."""
        file = tmp_path / "index.yaml"
        before = "indexes:\n# of the list\n- kind: Other\n  properties:\n  - name: a\n  - name: b\n\n# the last\n"
        file.write_text(before)
        _, service = talk_to(Settings(index_file=file, require_indexes=True))
        self.create(service, "Kind", "ab")
        kept = read_definitions(file.read_text())
        assert [each.kind for each in kept] == ["Other", "Kind"]
        self.call(service, "DeleteIndex", Operation, index_id=name_definition(kept[1]))
        assert read_definitions(file.read_text()) == kept[:1]
        self.call(service, "DeleteIndex", Operation, index_id=name_definition(kept[0]))
        assert file.read_text().split("\n\n")[:2] == ["indexes:\n# of the list", "# the last"]
        self.create(service, "Kind", "ab")
        assert read_definitions(file.read_text()) == kept[1:]

    def test_they_outlive_the_process(self, tmp_path: Path) -> None:
        """Beside the data, under the same id; what queries lacked is there too."""
        talk, service = talk_to(Settings(data_dir=tmp_path))
        created = self.create(service, "Kind", "ab")
        talk.query("Kind", ("c", "=", 1), orders=["d"])
        service.close()
        talk, service = talk_to(Settings(data_dir=tmp_path, require_indexes=True))
        talk.query("Kind", ("a", "=", 1), orders=["b"])
        talk.query("Kind", ("c", "=", 1), orders=["d"])
        assert self.call(service, "GetIndex", index_id=created).kind == "Kind"
        service.close()

    def create(self, service: Service, kind: str, names: str) -> str:
        wanted = index.Index.pb()(kind=kind)
        for name in names:
            wanted.properties.add(name=name, direction=1)
        created = index.Index.pb()()
        assert self.call(service, "CreateIndex", Operation, index=wanted).response.Unpack(created)
        identifier: str = created.index_id
        return identifier
