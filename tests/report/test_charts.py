"""Charts with their captions and tables."""

import pytest

from consistency.analysis.judgement import Calibration
from consistency.operation import Action
from consistency.report.captions import describe_calibration, describe_latency
from consistency.report.charts import TABLE_ROWS, make_charts
from consistency.report.drawing import compact
from consistency.report.frames import make_frames
from consistency.report.material import Material
from tests.report.judgements import (
    MS,
    make_judgement,
    make_manifest,
    make_material,
    make_plan,
    make_series,
    make_summaries,
    summarise,
)

QUERY = Action.GLOBAL_QUERY


class TestTables:
    @pytest.mark.slow
    def test_every_line_keeps_its_first_and_last_row(self) -> None:
        """Thinned or not: what was surely seen in the end is in the table, for each probe."""
        material = make_material(make_judgement(make_summaries(400)), entities=400)
        (latency, *_) = make_charts(material, make_frames(material))
        assert len(latency.table.rows) <= TABLE_ROWS < latency.table.total
        lines: dict[tuple[str, str], list[list[str]]] = {}
        for row in latency.table.rows:
            lines.setdefault((row[0], row[1]), []).append(row)
        assert len(lines) == 6
        assert {rows[-1][-1] for rows in lines.values()} == {"100"}
        assert {float(rows[0][2]) for rows in lines.values()} == {0}


class TestCaptions:
    def test_surely_seen_within(self) -> None:
        """Also where a late first attempt says nothing of the wait: by then it had been seen."""
        query = summarise(QUERY, [make_series(QUERY, k, ((at_ms, "hit"),)) for k, at_ms in enumerate((1, 17_000))])
        assert describe_latency(make_material(make_judgement([query]))) == (
            "Global query: all 2 surely seen within 18 s."
        )

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (
                Calibration(QUERY, 30, 30, 0.0, 0.0, 51 * MS),
                "30 of 30 intervals contain the truth; their median width (the resolution) is 51.0 ms.",
            ),
            (
                Calibration(QUERY, 30, 29, 0.12 * MS, -0.08 * MS, 51 * MS),
                (
                    "29 of 30 intervals contain the truth; it lies 0.120 ms outside on average (bias −0.080 ms); "
                    "their median width (the resolution) is 51.0 ms."
                ),
            ),
            (
                Calibration(QUERY, 30, 30, 0.0, 0.0, 51 * MS, left_out=2),
                (
                    "30 of 30 intervals contain the truth; their median width (the resolution) is 51.0 ms; "
                    "2 intervals left out, because no one instant is the truth of such reads here."
                ),
            ),
            (
                Calibration(QUERY, 0, 0, 0.0, 0.0, 0, left_out=30),
                "30 intervals left out, because no one instant is the truth of such reads here.",
            ),
            (Calibration(QUERY, 0, 0, 0.0, 0.0, 0), "the truth of no entity is known."),
        ],
    )
    def test_calibration(self, found: Calibration, said: str) -> None:
        """A distance is told only where there is one."""
        material = Material(make_plan(), make_manifest(), make_judgement([]), (found,), "A question")
        assert describe_calibration(material) == [f"Global query: {said}"]


class TestWeight:
    def test_a_picture_in_fewer_bytes(self) -> None:
        """Hundredths of a point, no space, no fonts, and the style of equal markers once; words stay as they are."""
        long = (
            '<g clip-path="url(#a)">\n <use xlink:href="#m" x="1.23456" y="2.000001" style="fill: red"/>\n '
            '<use xlink:href="#m" x="3" y="4" style="fill: red"/>\n</g>\n<path d="M 1.0001 2 \nL 3 4.5678 \n"/>\n'
            '<text style="font-size: 8px; font-family: var(--font), serif; fill: red" transform="rotate(-0 1 2)">'
            "0.0041 a</text>"
        )
        assert compact(long) == (
            '<g clip-path="url(#a)" style="fill: red"><use xlink:href="#m" x="1.23" y="2"/>'
            '<use xlink:href="#m" x="3" y="4"/></g><path d="M 1 2L3 4.57 "/>'
            '<text style="font-size: 8px; fill: red">0.0041 a</text>'
        )
