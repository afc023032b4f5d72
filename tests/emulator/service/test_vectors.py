"""find_nearest: order, distances and rules."""

from typing import Any

import pytest

from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.messages import Message, Value
from tests.emulator.embedded import Embedded
from tests.emulator.talk import Talk, found_names, properties_of


def vector(*numbers: float) -> Message:
    value = Value(meaning=31, exclude_from_indexes=True)
    for number in numbers:
        value.array_value.values.add(double_value=number)
    return value


def near(talk: Talk, measure: int = 1, limit: int = 3, of: Message | None = None, **options: Any) -> Message:
    request = talk.query_request("Kind", **{key: value for key, value in options.items() if key != "threshold"})
    nearest = request.query.find_nearest
    nearest.vector_property.name, nearest.distance_measure, nearest.limit.value = "v", measure, limit
    nearest.query_vector.CopyFrom(of if of is not None else vector(1.0, 0.0))
    nearest.distance_result_property = "distance"
    if "threshold" in options:
        nearest.distance_threshold.value = options["threshold"]
    return talk.call("RunQuery", request).batch


@pytest.fixture
def talk() -> Talk:
    filled = Embedded().talk()
    for name, numbers in {"far": (-3.0, 0.0), "same": (1.0, 0.0), "long": (4.0, 1.0), "other": (1.0, 0.0, 0.0)}.items():
        filled.put("Kind", name, v=vector(*numbers), even=name != "same")
    filled.put("Kind", "none", v=1)
    return filled


class TestNearest:
    """The nearest first."""

    @pytest.mark.parametrize(
        ("measure", "expected"),
        [(1, ["same", "long", "far"]), (2, ["same", "long", "far"]), (3, ["long", "same", "far"])],
    )
    def test_order(self, talk: Talk, measure: int, expected: list[str]) -> None:
        """By each measure; vectors of other lengths and other values are no results."""
        assert found_names(near(talk, measure)) == expected

    def test_distances(self, talk: Talk) -> None:
        """As one more property."""
        assert [properties_of(each)["distance"] for each in near(talk, 1).entity_results][::2] == [0.0, 4.0]
        assert properties_of(near(talk, 2).entity_results[-1])["distance"] == 2.0
        assert [properties_of(each)["distance"] for each in near(talk, 3).entity_results] == [4.0, 1.0, -3.0]

    def test_limit_threshold_and_filter(self, talk: Talk) -> None:
        """Each leaves fewer; of products the threshold is the least."""
        assert found_names(near(talk, limit=1)) == ["same"]
        assert found_names(near(talk, threshold=3.5)) == ["same", "long"]
        assert found_names(near(talk, 3, threshold=1.0)) == ["long", "same"]

    def test_a_vector_must_be_excluded_from_indexes(self, talk: Talk) -> None:
        """As Google's emulator has it."""
        indexed = vector(1.0)
        indexed.exclude_from_indexes = False
        with pytest.raises(ServiceError, match="excluded"):
            talk.put("Kind", "a", v=indexed)

    @pytest.mark.parametrize(
        "options",
        [{"measure": 0}, {"limit": 0}, {"limit": 101}, {"of": Value(meaning=31)}, {"offset": 1}, {"keys_only": True}],
    )
    def test_rules(self, talk: Talk, options: dict[str, Any]) -> None:
        """INVALID_ARGUMENT."""
        with pytest.raises(ServiceError) as refusal:
            near(talk, **options)
        assert refusal.value.code is Code.INVALID_ARGUMENT
