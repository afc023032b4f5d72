"""Sort bytes of values and keys against plain Python comparison."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.emulator.status import ServiceError
from consistency.emulator.values.keys import PAST_DESCENDANTS, decode_path, read_key, root_of
from consistency.emulator.values.messages import Value
from consistency.emulator.values.ordering import encode_value, reverse_order
from tests.emulator.query.brute import Path, Scalar, compare, compare_paths
from tests.emulator.talk import PROJECT, Talk, set_value

scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(),
    st.text("a\0b", max_size=4),
)  # fmt: skip
names = st.one_of(st.integers(1, 2**63 - 1), st.text(min_size=1), st.text("a\0", min_size=1, max_size=3))
paths: st.SearchStrategy[Path] = st.lists(
    st.tuples(st.one_of(st.sampled_from(["A", "AB", "A\0"]), st.text(min_size=1)), names), min_size=1, max_size=3
).map(tuple)


def encoded(value: object) -> bytes:
    message = Value()
    set_value(message, value)
    return encode_value(message)


def encoded_path(path: Path) -> bytes:
    key = Talk(_no_call).key(*(part for element in path for part in element))
    return read_key(key, PROJECT, "").path


def _no_call(method: str, request: object) -> object:
    raise AssertionError(f"{method} is not called by these tests")


def sign(left: bytes, right: bytes) -> int:
    return (left > right) - (left < right)


class TestValues:
    """encode_value and reverse_order."""

    @given(scalars, scalars)
    def test_bytes_compare_as_the_values_do(self, one: Scalar, other: Scalar) -> None:
        """Ranks first, then Python's own order; and the other way round when reversed."""
        left, right = encoded(one), encoded(other)
        assert sign(left, right) == compare(one, other)
        assert sign(reverse_order(left), reverse_order(right)) == compare(other, one)

    def test_minus_zero_is_zero(self) -> None:
        """Infinities stand at the ends."""
        assert encoded(-0.0) == encoded(0.0)
        assert encoded(-math.inf) < encoded(-1e308) < encoded(1e308) < encoded(math.inf)

    def test_timestamps_stand_among_integers(self) -> None:
        """One number line, in microseconds."""
        moment = Value()
        moment.timestamp_value.seconds, moment.timestamp_value.nanos = -1, 999_999_999
        assert encoded(moment) == encoded(-1)

    def test_blobs_stand_among_texts(self) -> None:
        """Bytewise together."""
        assert encoded("a") == encoded(b"a") < encoded(b"a\xff") < encoded("b")

    def test_keys_stand_last_and_know_their_partition(self) -> None:
        """Projects and namespaces before paths."""
        here, there = Talk(_no_call, "a"), Talk(_no_call, "b")
        assert encoded(1e308) < encoded(here.key("Z", "z")) < encoded(there.key("A", 1)) < encoded(there.key("A", "1"))

    @pytest.mark.parametrize("value", [Value(), [1]])
    def test_what_has_no_order(self, value: object) -> None:
        """Arrays and nothing cannot be compared."""
        with pytest.raises(ServiceError, match="cannot be compared"):
            encoded(value)


class TestPaths:
    """Key paths as bytes."""

    @given(paths, paths)
    def test_bytes_compare_as_the_paths_do(self, one: Path, other: Path) -> None:
        """Kinds bytewise, ids before names, parents before children."""
        assert sign(encoded_path(one), encoded_path(other)) == compare_paths(utf8(one), utf8(other))

    @given(paths, paths)
    def test_descendants_are_one_range(self, one: Path, other: Path) -> None:
        """A path lies in another's range exactly when that is its ancestor or itself."""
        ancestor, path = encoded_path(one), encoded_path(other)
        related = other[: len(one)] == one
        assert (ancestor <= path < ancestor + PAST_DESCENDANTS) == related

    @given(paths)
    def test_paths_are_read_back(self, path: Path) -> None:
        """Whole, and their root."""
        assert tuple(decode_path(encoded_path(path))) == path
        assert root_of(encoded_path(path)) == encoded_path(path[:1])


def utf8(path: Path) -> Path:
    """The path with texts whose Python order is that of their bytes."""
    return tuple((_as_bytes(kind), _as_bytes(name) if isinstance(name, str) else name) for kind, name in path)


def _as_bytes(text: str) -> str:
    return text.encode().decode("latin-1")
