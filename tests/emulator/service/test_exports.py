"""ExportEntities and ImportEntities of the service, to and from folders."""

from pathlib import Path
from typing import Any

import pytest
from google.cloud.datastore_admin_v1.types import datastore_admin
from google.longrunning.operations_pb2 import Operation

from consistency import clock
from consistency.emulator.exports.folders import read_export
from consistency.emulator.service.service import ADMIN_PREFIX
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.messages import Message
from tests.emulator.embedded import Embedded
from tests.emulator.talk import Talk, delete, found_names, upsert


def administer(embedded: Embedded, method: str, project: str = "p", **fields: Any) -> Message:
    """The operation of one admin call, which is done."""
    request = getattr(datastore_admin, f"{method}Request").pb()(project_id=project, **fields)
    reply: Any = embedded.service.call(ADMIN_PREFIX + method, {}, request.SerializeToString())
    operation = Operation.FromString(clock.run(reply, virtual=True))
    assert operation.done
    return operation


def export(embedded: Embedded, folder: Path, **fields: Any) -> str:
    """The file that an import is given."""
    response = datastore_admin.ExportEntitiesResponse.pb()()
    operation = administer(embedded, "ExportEntities", output_url_prefix=str(folder), **fields)
    assert operation.response.Unpack(response)
    url: str = response.output_url
    return url


def fill(embedded: Embedded) -> None:
    """Three kinds of entities in two namespaces."""
    for namespace in ("", "other"):
        talk = embedded.talk(namespace)
        talk.put("Song", "waltz", n=1)
        talk.put("Song", "waltz", "Verse", 1, n=2)
        talk.put("Dance", 5, n=3, song=talk.key("Song", "waltz"))


def names(talk: Talk) -> list[str | int]:
    return found_names(talk.query())


EMPTY: list[str | int] = []
ALL: list[str | int] = [5, "waltz", 1]


class TestExport:
    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            ({}, 6),
            ({"kinds": ["Song"]}, 2),
            ({"kinds": ["Song", "Dance"], "namespace_ids": [""]}, 2),
            ({"namespace_ids": ["other"]}, 3),
            ({"namespace_ids": ["", "other"], "kinds": ["Verse"]}, 2),
            ({"kinds": ["None"]}, 0),
        ],
    )
    def test_what_a_filter_names(self, tmp_path: Path, wanted: dict[str, list[str]], count: int) -> None:
        """Is exported and nothing else; the operation tells how many there were."""
        embedded = Embedded()
        fill(embedded)
        operation = administer(
            embedded, "ExportEntities", output_url_prefix=str(tmp_path), entity_filter=wanted, labels={"why": "test"}
        )
        told, response = datastore_admin.ExportEntitiesMetadata.pb()(), datastore_admin.ExportEntitiesResponse.pb()()
        assert operation.metadata.Unpack(told)
        assert operation.response.Unpack(response)
        assert len(list(read_export(Path(response.output_url)))) == told.progress_entities.work_completed == count
        assert (told.common.state, dict(told.common.labels)) == (5, {"why": "test"})

    def test_what_was_deleted_or_is_another_projects(self, tmp_path: Path) -> None:
        """Is not exported."""
        embedded = Embedded()
        talk = embedded.talk()
        talk.put("Song", "waltz")
        talk.commit(delete(talk.key("Song", "waltz")))
        assert list(read_export(Path(export(embedded, tmp_path / "deleted")))) == []
        fill(embedded)
        assert list(read_export(Path(export(embedded, tmp_path / "other", project="q")))) == []

    @pytest.mark.parametrize(
        ("prefix", "code", "told"),
        [
            ("", Code.INVALID_ARGUMENT, "has no output_url_prefix"),
            ("gs://bucket/folder", Code.INVALID_ARGUMENT, "gs://bucket/folder is no path"),
            ("/dev/null/folder", Code.FAILED_PRECONDITION, "cannot be written"),
        ],
    )
    def test_places_that_cannot_be(self, prefix: str, code: Code, told: str) -> None:
        """Are refused by name."""
        with pytest.raises(ServiceError, match=told) as refusal:
            administer(Embedded(), "ExportEntities", output_url_prefix=prefix)
        assert refusal.value.code is code


class TestImport:
    def test_everything_comes_back(self, tmp_path: Path) -> None:
        """Entities, their order in indexes, and keys within them; what else was there stays."""
        embedded, other = Embedded(), Embedded()
        fill(embedded)
        url = export(embedded, tmp_path)
        other.talk().put("Song", "mine")
        administer(other, "ImportEntities", input_url=url)
        assert names(other.talk()) == [5, "mine", "waltz", 1]
        assert names(other.talk("other")) == ALL
        assert found_names(other.talk().query("Song", ("n", "=", 1))) == ["waltz"]
        assert other.talk().get("Dance", 5) == embedded.talk().get("Dance", 5)

    def test_only_what_is_named(self, tmp_path: Path) -> None:
        """Of a whole export, a kind or a namespace may be imported."""
        embedded, other = Embedded(), Embedded()
        fill(embedded)
        url = export(embedded, tmp_path)
        administer(other, "ImportEntities", input_url=url, entity_filter={"kinds": ["Dance"], "namespace_ids": [""]})
        assert (names(other.talk()), names(other.talk("other"))) == ([5], EMPTY)

    def test_more_than_one_commit(self, tmp_path: Path) -> None:
        """Several hundred entities, overwritten by those of the export."""
        embedded = Embedded()
        talk = embedded.talk()
        for number in range(1, 701):
            talk.put("Song", number, n=number)
        url = export(embedded, tmp_path)
        embedded.service.reset()
        talk.put("Song", 7, n=0)
        administer(embedded, "ImportEntities", input_url=url)
        assert talk.aggregate(("count",), kind="Song") == {"property_1": 700}
        assert talk.get("Song", 7) == {"n": 7}

    def test_it_outlives_the_process(self, tmp_path: Path) -> None:
        """Where commits are kept."""
        embedded = Embedded()
        fill(embedded)
        url = export(embedded, tmp_path / "exports")
        kept = Embedded(data_dir=tmp_path / "data")
        administer(kept, "ImportEntities", input_url=url)
        kept.service.close()
        again = Embedded(data_dir=tmp_path / "data")
        assert names(again.talk()) == ALL
        again.service.close()

    def test_an_open_transaction_keeps_what_it_read(self, tmp_path: Path) -> None:
        """The import waits for its lock, and is refused when that is not given up in time."""
        embedded = Embedded()
        fill(embedded)
        url = export(embedded, tmp_path)
        talk = embedded.talk()
        talk.lookup(talk.key("Song", "waltz"), transaction=talk.begin())
        with pytest.raises(ServiceError, match="Of 6 entities 0 were imported before") as refusal:
            administer(embedded, "ImportEntities", input_url=url)
        assert refusal.value.code is Code.ABORTED

    def test_nothing_of_a_damaged_export(self, tmp_path: Path) -> None:
        """However late the damage lies."""
        embedded = Embedded()
        talk = embedded.talk()
        talk.commit(*(upsert(talk.key("Song", number), n=number) for number in range(1, 402)))
        url = export(embedded, tmp_path)
        (records,) = Path(url).parent.glob("*/*/output-0")
        records.write_bytes(records.read_bytes()[:-9])
        other = Embedded()
        with pytest.raises(ServiceError, match=r"output-0.*Nothing was imported"):
            administer(other, "ImportEntities", input_url=url)
        assert names(other.talk()) == EMPTY

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("", "has no input_url"),
            ("gs://bucket/x.overall_export_metadata", "is no path"),
            ("/nowhere/x.overall_export_metadata", "/nowhere/x.overall_export_metadata cannot be read: No such file"),
            ("/", "cannot be read: Is a directory"),
        ],
    )
    def test_files_that_are_none(self, url: str, told: str) -> None:
        """Are refused by name."""
        with pytest.raises(ServiceError, match=told) as refusal:
            administer(Embedded(), "ImportEntities", input_url=url)
        assert refusal.value.code is Code.INVALID_ARGUMENT

    @pytest.mark.parametrize("suffix", ["*.overall_export_metadata", "*/*/*.export_metadata", "*/*/output-0"])
    def test_files_that_hold_something_else(self, tmp_path: Path, suffix: str) -> None:
        """Are refused by name, whichever of the three it is."""
        embedded = Embedded()
        fill(embedded)
        url = export(embedded, tmp_path)
        (spoilt,) = Path(url).parent.glob(suffix)
        spoilt.write_bytes(b"something else altogether")
        with pytest.raises(ServiceError, match=spoilt.name) as refusal:
            administer(embedded, "ImportEntities", input_url=url)
        assert refusal.value.code is Code.INVALID_ARGUMENT
