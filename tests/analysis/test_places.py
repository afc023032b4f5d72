"""Where processes ran, and how far their clocks were apart."""

from dataclasses import replace

import numpy as np

from consistency.analysis.clocks import measure_clocks
from consistency.analysis.judge import judge
from consistency.analysis.judgement import RegionPair
from consistency.history import UNSTAMPED, History
from tests.analysis.runs import make_manifest, make_plan
from tests.histories import MS, parse_history

TWO_READERS = "write a 0-10; r1/global a 12-20 hit; r2/global a 12-20 miss; r2/global a 60-70 hit"


def compare(line: str, regions: dict[str, str]) -> tuple[RegionPair, ...]:
    return judge(make_plan(), make_manifest(), replace(parse_history(line), regions=regions)).region_pairs


def stamp(line: str, server_ms: list[int | None]) -> History:
    """The history of `line` whose calls the service stamped at these times."""
    stamps = [UNSTAMPED if each is None else each * MS for each in server_ms]
    return replace(parse_history(line), server_ns=np.array(stamps, np.int64))


class TestRegions:
    def test_each_pair_has_what_its_readers_saw(self) -> None:
        """The reader far away missed once."""
        near, far = compare(TWO_READERS, {"writer": "eu-1", "r1": "eu-1", "r2": "us-1"})
        assert [(pair.writer, pair.reader, pair.n) for pair in (near, far)] == [
            ("eu-1", "eu-1", 1),
            ("eu-1", "us-1", 1),
        ]
        ends = [(pair.quantiles[0].lower_ns, pair.quantiles[0].upper_ns) for pair in (near, far)]
        assert ends == [(0, 10 * MS), (2 * MS, 60 * MS)]

    def test_one_pair_says_no_more_than_the_summary(self) -> None:
        """Neither where nobody said where he was."""
        assert compare(TWO_READERS, {}) == ()
        assert compare(TWO_READERS, dict.fromkeys(("writer", "r1", "r2"), "eu-1")) == ()

    def test_a_process_that_did_not_say(self) -> None:
        """It is told as such, and not taken to be anywhere."""
        assert {pair.reader for pair in compare(TWO_READERS, {"writer": "eu-1", "r1": "eu-1"})} == {"eu-1", "not said"}


class TestClocks:
    def test_a_stamp_bounds_the_offset_from_both_sides(self) -> None:
        """Stamped at 3 between 0 and 10: the writer's clock is 3 behind to 7 ahead; and so the reader's."""
        history = stamp("write a 0-10; r/get a 100-104 hit", [3, 150])
        found = {each.process: (each.lower_ns, each.upper_ns) for each in measure_clocks(make_manifest(1), history)}
        assert found == {"writer": (-3 * MS, 7 * MS), "r": (-50 * MS, -46 * MS)}

    def test_the_tightest_calls_of_a_slice_hold(self) -> None:
        """Two calls of one slice, whose intervals are (-3, 7] and (-8, 2]."""
        history = stamp("write a 0-10; write b 1-11; r/get a 9000-9001 hit", [3, 9, 9000])
        reading, _ = measure_clocks(make_manifest(1), history)
        assert (reading.lower_ns, reading.upper_ns) == (-3 * MS, 2 * MS)

    def test_an_eventual_read_tells_nothing(self) -> None:
        """Its stamp may be an old one; and with one clock there is nothing to tell."""
        assert not measure_clocks(make_manifest(1), stamp("r/global a 100-104 hit", [3]))
        assert not measure_clocks(make_manifest(0), stamp("write a 0-10", [3]))
