"""Gaps: what a resumed run says of the time in which nothing ran."""

import pytest
from msgspec import structs

from consistency.analysis.gaps import list_gaps, say_gaps
from consistency.analysis.judge import judge
from consistency.analysis.judgement import GapSpan
from consistency.archive import Gap, Manifest, add_gap
from consistency.history import History
from consistency.operation import Action, Event, Invocation, Item
from tests.report.judgements import START_NS, S, make_manifest, make_plan

NOON_NS = 1_795_262_400 * S  # 2026-11-21 12:00:00 UTC


def begin_writes(*slots: int) -> list[Event]:
    """Writes of one stream, one a second, each of the slot that it has."""
    due_ns = [START_NS + slot * S for slot in slots]
    return [
        Invocation(op, "writer", Action.WRITE, Item("a", str(at_ns)), at_ns, at_ns, 1)
        for op, at_ns in enumerate(due_ns)
    ]


def make_resumed(*gaps: tuple[float, float], queue: str = "") -> Manifest:
    """The manifest of a run that did not run then (s since the first due write, at noon)."""
    spans = tuple(Gap(START_NS + int(begins * S), START_NS + int(ends * S)) for begins, ends in gaps)
    return structs.replace(make_manifest(), gaps=spans, origin_wall_ns=NOON_NS - START_NS, queue=queue)


class TestGaps:
    def test_each_has_the_writes_that_it_cost(self) -> None:
        """What was overdue when the run was killed is missed by that gap, too; the rest of the plan by none."""
        plan = make_plan(probes={"key_get": {}}, rate="1/s", entities=12)
        manifest = make_resumed((2.5, 4.5), (6.5, 7.5))
        history = History.of(begin_writes(0, 1, 5, 8))
        assert [span.missed for span in list_gaps(plan, manifest, history)] == [3, 2]
        judgement = judge(plan, manifest, history)
        assert judgement.notes[0] == (
            "Nothing ran from 12:00:02 to 12:00:04 UTC (2.0 s): 3 writes that fell due are missed slots."
        )
        assert [gap.missed for gap in judgement.gaps] == [3, 2]
        assert judgement.pacing.missing_slots == 12 - 4
        assert "The run was cut short: of 12 planned writes 4 were begun." in judgement.notes

    @pytest.mark.parametrize(
        ("spans", "missed", "told"),
        [
            ([(0.2, 0.9)], 0, "from 12:00:00 to 12:00:00 UTC (0.7 s): no write fell due."),
            ([(0, 60)], 1, "from 12:00:00 to 12:01:00 UTC (60.0 s): 1 write that fell due is a missed slot."),
            ([(0, 86_400)], 0, "from 2026-11-21 12:00:00 to 2026-11-22 12:00:00 UTC (86,400.0 s): no write fell due."),
            (
                [(k, k + 0.5) for k in range(4)],
                2,
                "4 times from 12:00:00 to 12:00:03 UTC (2.0 s in all): 8 writes that fell due are missed slots.",
            ),
        ],
    )
    def test_words(self, spans: list[tuple[float, float]], missed: int, told: str) -> None:
        """Another day's instants have their dates; many gaps share a sentence; readers apart may have run."""
        for queue, who in (("", "Nothing"), ("queue.jsonl", "No writer")):
            manifest = make_resumed(*spans, queue=queue)
            gaps = [GapSpan(gap.begins_ns, gap.ends_ns, missed) for gap in manifest.gaps]
            assert list(say_gaps(manifest, gaps)) == [f"{who} ran {told}"]

    def test_one_without_an_event_behind_it_is_part_of_the_next(self) -> None:
        """The run was killed again before it recorded anything."""
        gaps = add_gap(add_gap((), 3, 5), 7, 9)
        assert gaps == (Gap(3, 5), Gap(7, 9))
        assert add_gap(gaps, 7, 12) == (Gap(3, 5), Gap(7, 12))
