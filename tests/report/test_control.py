"""The control: what the instrument would have seen, said beside what was to be expected."""

from dataclasses import replace

import pytest
from msgspec import structs

from consistency.operation import Action
from consistency.report.control import EXPECTED, NONE, say_control
from consistency.report.material import Material
from tests.report.judgements import make_judgement, make_material, make_plan, make_series, summarise

LATE, AT_ONCE = ((1.0, "miss"), (510.0, "hit")), ((1.0, "hit"),)
GET, AGED, EVENTUAL = Action.KEY_GET, Action.READ_TIME_GET, Action.EVENTUAL_GET
ZEROS = "Key gets: **0 of 5** missed, at most 45 %, 95 % one-sided."
SEEN = "the instrument would have seen such a miss."
WRONG = "**it cannot have seen the rest**: a clock is wrong, and zeros prove nothing."
ASKED = "The control asked for the state of 500 ms ago, so it had to miss at first;"


def make_told(backend: str = "live", late: int = 0, **told: int) -> Material:
    """A run of five entities for each probe, of which the first attempt missed so many; key gets are among them."""
    missed = {"key_get": late, **told}
    summaries = [
        summarise(Action(name), [make_series(Action(name), k, LATE if k < count else AT_ONCE) for k in range(5)])
        for name, count in missed.items()
    ]
    ages = {"read_time_get": {"age": "500ms"}}
    material = make_material(make_judgement(summaries))
    plan = make_plan(probes={name: ages.get(name, {}) for name in missed}, claims={}, target={"model": "strong"})
    return replace(material, plan=plan, manifest=structs.replace(material.manifest, backend=backend))


class TestControl:
    @pytest.mark.parametrize(
        ("material", "told"),
        [
            (make_told("embedded"), ""),
            (make_told(), f"{EXPECTED} {ZEROS} {NONE}"),
            (
                make_told(late=1),
                f"{EXPECTED} Key gets: **1 of 5** missed, between 0.5 and 72 %, 95 %, which was not expected. {NONE}",
            ),
            (
                make_told("embedded", read_time_get=5),
                f"{ASKED} it missed **5 of 5** and found them after ≤ 520 ms (median): {SEEN}",
            ),
            (
                make_told("embedded", read_time_get=2),
                f"{ASKED} it missed **2 of 5** and found them after ≤ 3 ms (median): {WRONG}",
            ),
            (
                make_told(eventual_get=2),
                f"{EXPECTED} {ZEROS} Eventual gets, which asked for less, missed **2 of 5**: {SEEN}",
            ),
            (make_told(eventual_get=0), f"{EXPECTED} {ZEROS} {NONE}"),
        ],
    )
    def test_what_is_said(self, material: Material, told: str) -> None:
        """Of the live service what was expected; of a control what it saw, on any store."""
        assert say_control(material) == told

    def test_nothing_where_the_run_is_in_doubt(self) -> None:
        """Its zeros are not told either."""
        material = make_told()
        assert say_control(replace(material, judgement=replace(material.judgement, doubt="Polluted."))) == ""
