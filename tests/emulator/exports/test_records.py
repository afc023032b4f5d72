"""Record files: what is written is read, and what is damaged is refused."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.emulator.exports.checksums import crc32c
from consistency.emulator.exports.records import RecordFile, read_records

BLOCK = 32 << 10
HEAD = 7
SIZES = [0, 1, BLOCK - 2 * HEAD - 1, BLOCK - 2 * HEAD, BLOCK - HEAD - 3, BLOCK - HEAD, BLOCK - HEAD + 1, 3 * BLOCK]


def write(path: Path, records: list[bytes]) -> None:
    with RecordFile(path) as file:
        for record in records:
            file.add(record)
    assert (file.count, file.size_bytes) == (len(records), path.stat().st_size)


class TestRoundTrips:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(sizes=st.lists(st.sampled_from(SIZES) | st.integers(0, 200), max_size=5))
    def test_what_is_written_is_read(self, tmp_path: Path, sizes: list[int]) -> None:
        """Whatever the blocks cut."""
        records = [bytes([number % 256]) * size for number, size in enumerate(sizes, 1)]
        write(tmp_path / "records", records)
        assert list(read_records(tmp_path / "records")) == records

    def test_room_at_the_end_is_passed_over(self, tmp_path: Path) -> None:
        """Writers set files aside with zeros."""
        write(tmp_path / "records", [b"waltz"])
        (tmp_path / "records").write_bytes((tmp_path / "records").read_bytes() + bytes(100))
        assert list(read_records(tmp_path / "records")) == [b"waltz"]

    def test_the_layout(self, tmp_path: Path) -> None:
        """As LevelDB's documentation draws it: a record that fills its block but for six bytes, and the next."""
        write(tmp_path / "records", [b"x" * (BLOCK - HEAD - 6), b"y"])
        content = (tmp_path / "records").read_bytes()
        assert content[BLOCK - 6 : BLOCK] == bytes(6)
        assert content[BLOCK + 4 :] == b"\x01\x00\x01y"


class TestDamage:
    @pytest.mark.parametrize("place", [0, 3, 4, 6, 7, 11, 12, 20])
    def test_a_flipped_bit(self, tmp_path: Path, place: int) -> None:
        """In a head, in a content, of the first record or of the second."""
        write(tmp_path / "records", [b"waltz", b"tango"])
        content = bytearray((tmp_path / "records").read_bytes())
        content[place] ^= 1
        (tmp_path / "records").write_bytes(content)
        with pytest.raises(ValueError, match="is damaged at byte"):
            list(read_records(tmp_path / "records"))

    def test_cut_within_a_record(self, tmp_path: Path) -> None:
        """Also where the cut is a block's end."""
        write(tmp_path / "records", [b"x" * 2 * BLOCK])
        content = (tmp_path / "records").read_bytes()
        (tmp_path / "records").write_bytes(content[:BLOCK])
        with pytest.raises(ValueError, match="ends within a record"):
            list(read_records(tmp_path / "records"))
        (tmp_path / "records").write_bytes(content[BLOCK:])
        with pytest.raises(ValueError, match="parts of its records are missing"):
            list(read_records(tmp_path / "records"))


class TestChecksums:
    @pytest.mark.parametrize(
        ("data", "expected"), [(b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)]
    )
    def test_known_ones(self, data: bytes, expected: int) -> None:
        """The examples of RFC 3720."""
        assert crc32c(data) == expected
