"""Entities in the old form and back."""

import pytest
from google.protobuf import text_format

from consistency.emulator.exports.entities import read_entity, write_entity
from consistency.emulator.exports.protos import EntityProto
from consistency.emulator.values.messages import Message, Value
from tests.emulator.exports.samples import make_properties
from tests.emulator.talk import PROJECT, Talk, entity_of, unindexed


def refuse(method: str, request: Message) -> Message:
    raise AssertionError(f"nobody is to be asked: {method}")


TALK = Talk(refuse, "space")
ENTITY = entity_of(TALK.key("Parent", 7, "Kind", "a"), make_properties(TALK))


def there_and_back(entity: Message, project: str = PROJECT, database: str = "") -> Message:
    return read_entity(EntityProto.FromString(write_entity(entity.SerializeToString())), project, database)


def with_value(value: object) -> Message:
    return entity_of(TALK.key("Kind", "a"), {"p": value})


class TestRoundTrips:
    @pytest.mark.parametrize("name", sorted(ENTITY.properties))
    def test_each_type(self, name: str) -> None:
        """Comes back as it was, indexed or not."""
        entity = with_value(ENTITY.properties[name])
        assert there_and_back(entity) == entity

    def test_all_at_once(self) -> None:
        """With the key in its namespace."""
        assert there_and_back(ENTITY) == ENTITY

    @pytest.mark.parametrize("meaning", [15, 17])
    def test_meanings_are_kept(self, meaning: int) -> None:
        """Of texts."""
        entity = with_value(Value(string_value="a", meaning=meaning))
        assert there_and_back(entity) == entity

    def test_compressed_bytes(self) -> None:
        """As ndb stores them."""
        entity = with_value(Value(blob_value=b"x", meaning=22, exclude_from_indexes=True))
        assert there_and_back(entity) == entity

    def test_a_vector(self) -> None:
        """Stays one."""
        vector = Value(meaning=31, exclude_from_indexes=True)
        for number in (1.5, 0.0):
            vector.array_value.values.add(double_value=number)
        assert there_and_back(with_value(vector)) == with_value(vector)

    def test_a_user(self) -> None:
        """Is a value of its own there, and an entity with a meaning here."""
        user = Value(meaning=20, exclude_from_indexes=True)
        for name, text in (("email", "a@b"), ("auth_domain", "b"), ("user_id", "7")):
            user.entity_value.properties[name].string_value = text
            user.entity_value.properties[name].exclude_from_indexes = True
        assert there_and_back(with_value(user)) == with_value(user)

    def test_indexed_elements_come_first(self) -> None:
        """That is what the format can say."""
        came = there_and_back(with_value([unindexed(1), 2, unindexed(3), 4]))
        assert came == with_value([2, 4, unindexed(1), unindexed(3)])


class TestKeys:
    def test_they_move_with_their_project(self) -> None:
        """The entity's, those in values and those of embedded entities; keys of others stay."""
        other = TALK.key("Kind", "b")
        other.partition_id.project_id = "elsewhere"
        properties = {"own": TALK.key("Kind", "b"), "other": other, "in": [TALK.key("Kind", 1)]}
        entity = entity_of(TALK.key("Kind", "a"), properties)
        came = there_and_back(entity, "mine", "base")
        assert (came.key.partition_id.project_id, came.key.partition_id.database_id) == ("mine", "base")
        assert came.properties["own"].key_value.partition_id.project_id == "mine"
        assert came.properties["in"].array_value.values[0].key_value.partition_id.project_id == "mine"
        assert came.properties["other"].key_value == other

    def test_an_application_of_a_region(self) -> None:
        """Its letter is no part of the project."""
        record = EntityProto()
        text_format.Parse(
            """key { app: "s~p" path { element { type: "Kind" id: 5 } } }
            property { name: "k" multiple: false value { referencevalue {
              app: "s~other" pathelement { type: "Kind" name: "x" } } } }""",
            record,
        )
        came = read_entity(record, "p", "")
        assert came.key.partition_id.project_id == "p"
        assert came.properties["k"].key_value.partition_id.project_id == "other"


class TestOldValues:
    @pytest.mark.parametrize(
        ("held", "expected"),
        [
            ("value { int64: 253402300800000000 } meaning: 7", "integer_value: 253402300800000000 meaning: 7"),
            ("value { int64: -1 } meaning: 7", "timestamp_value { seconds: -1 nanos: 999999000 }"),
            ('value { string: "\\377" }', 'blob_value: "\\377"'),
            ('value { string: "x" } meaning: 14', 'blob_value: "x"'),
            ("value { pointvalue { x: 1 y: 2 } }", "geo_point_value { latitude: 1 longitude: 2 } meaning: 23"),
            ("value { }", "null_value: NULL_VALUE"),
        ],
    )
    def test_what_they_become(self, held: str, expected: str) -> None:
        """Values that the old API could hold and v1 writes otherwise."""
        record = EntityProto()
        text_format.Parse(f'key {{ app: "p" }} property {{ name: "p" multiple: false {held} }}', record)
        assert read_entity(record, "p", "").properties["p"] == text_format.Parse(expected, Value())
