"""CSV, Parquet, WatCA's lines and percentiles."""

import csv
import hashlib
import io

from consistency.interchange.exporting import write_watca
from consistency.interchange.parquet import encode_table
from consistency.interchange.percentiles import write_percentiles
from consistency.interchange.tables import COLUMNS, write_csv, write_parquet
from tests.analysis.checkers.notation import parse
from tests.analysis.checkers.transactional import parse as parse_transactions

MS = 1_000_000
# The bytes that pyarrow 26.0.1 read as this table: text with and without letters of more than one byte, missing values.
READ_BY_PYARROW = "b470eab2d2e104663cc7f3244a0781d9f8748046805ae66a580f7d49200ab860"


class TestTables:
    def test_one_row_for_each_operation(self) -> None:
        """With its times, and nothing where there is none."""
        rows = list(csv.DictReader(io.StringIO(write_csv(parse("aW1 0-5@7; bR1 6-9; aU2 10-?")))))
        assert [row["invoked_ns"] for row in rows] == ["0", "6", "10"]
        assert [row["completed_ns"] for row in rows] == ["5", "9", ""]
        assert [row["server_ns"] for row in rows] == ["7", "", ""]
        assert tuple(rows[0]) == COLUMNS

    def test_steps_are_json(self) -> None:
        """As they stand in our own files."""
        (row,) = csv.DictReader(io.StringIO(write_csv(parse_transactions("a 0-1: r x [1], append x 2"))))
        assert row["steps"] == '[["r","x",[1]],["append","x",2]]'

    def test_parquet_is_what_others_read(self) -> None:
        """Byte for byte what pyarrow was seen to read."""
        numbers = [1, None, -5, 2**62] + [7] * 20
        texts = ["a", None, "ü", ""] + ["x"] * 20
        content = encode_table({"n": numbers, "s": texts}, {"n"})
        assert hashlib.sha256(content).hexdigest() == READ_BY_PYARROW

    def test_parquet_of_a_history(self) -> None:
        """Begins and ends as the format wants it, and names its columns."""
        content = write_parquet(parse("aW1 0-5; bR1 6-9"))
        assert content[:4] == content[-4:] == b"PAR1"
        assert all(name.encode() in content for name in COLUMNS)


class TestWatca:
    def test_lines(self) -> None:
        """A write tells its value as it begins, a read as it ends; what failed or has no answer is left out."""
        assert write_watca(parse("aW1 0-5; bR1 3-9; aU2 10-?; bR0 11-12")).splitlines() == [
            "0\tINV\ta-0\tW\tx\t1",
            "3\tINV\tb-1\tR\tx",
            "5\tRES\ta-0\tW\tx",
            "9\tRES\tb-1\tR\tx\t1",
            "10\tINV\ta-2\tW\tx\t2",
            "11\tINV\tb-3\tR\tx",
            "12\tRES\tb-3\tR\tx\t0",
        ]


class TestPercentiles:
    def test_each_share_has_the_value_below_which_it_lies(self) -> None:
        """Five steps in each half of what is left, up to all."""
        lines = write_percentiles([MS * number for number in range(1, 101)]).splitlines()
        shares = {float(line.split()[1]): float(line.split()[0]) for line in lines[2:-1]}
        assert shares[0.5] == 50
        assert shares[0.75] == 75
        assert shares[1.0] == 100
        assert lines[-1] == "#[Max =      100.000, Total count =          100]"

    def test_what_was_never_seen_has_no_line(self) -> None:
        """It counts in the total: the shares end where nothing is known."""
        lines = write_percentiles([MS, 2 * MS, None, None]).splitlines()
        assert [line.split()[1] for line in lines[2:-1]] == ["0.250000000000", "0.500000000000"]
        assert write_percentiles([]).splitlines()[-1] == "#[Max = -, Total count =            0]"
