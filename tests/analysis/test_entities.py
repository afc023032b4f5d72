"""Several readers of one entity: one value, one n, and the truth inside its interval."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from consistency.analysis.entities import combine_searches
from consistency.analysis.judge import judge
from consistency.analysis.judgement import ActionSummary, Ending, Visibility
from consistency.analysis.series import gather_series
from consistency.analysis.visibility import measure_visibility
from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome
from tests.analysis.runs import make_manifest, make_plan, measure
from tests.histories import MS, parse_history


def combine(line: str) -> Visibility:
    """The only entity of `line`, written at 0 and acknowledged at 10 ms."""
    (entity,) = measure(parse_history(f"write a 0-10; {line}"))
    return entity


def summarize(line: str) -> ActionSummary:
    (summary,) = judge(make_plan(), make_manifest(), parse_history(line)).actions
    return summary


class TestOneEntity:
    def test_the_latest_reader_counts(self) -> None:
        """Readers saw it in (5, 20] and in (10, 15]: to both it became visible in (10, 20]."""
        entity = combine(
            "r1/global a 15-16 miss; r1/global a 25-30 hit; r2/global a 12-13 miss; r2/global a 20-21 miss;"
            "r2/global a 23-25 hit"
        )
        assert (entity.lower_ns, entity.upper_ns) == (10 * MS, 20 * MS)
        assert (entity.retries, entity.process, len(entity.attempts)) == (2, "r1, r2", 5)
        assert entity.ending is Ending.SEEN

    @pytest.mark.parametrize(
        ("line", "ending"),
        [
            ("r2/global a 12-13 miss; r2/global a 29990-29991 miss", Ending.MISSED),
            ("r2/global a 12-13 miss; r2/global a 20-21 UNAVAILABLE", Ending.UNANSWERED),
            ("r2/global a 12-13 miss", Ending.STOPPED),
        ],
    )
    def test_one_reader_that_never_saw_it_leaves_it_open(self, line: str, ending: Ending) -> None:
        """Whatever the other one saw."""
        entity = combine(f"r1/global a 12-14 hit; {line}")
        assert (entity.upper_ns, entity.ending) == (None, ending)

    def test_one_reader_is_left_as_it_is(self) -> None:
        """The row of the entity is the row of its search."""
        columns = measure(parse_history("write a 0-10; global a 12-14 miss; global a 20-22 hit"))
        assert columns[0] == columns.searches[0]


class TestCounts:
    LINE = (
        "write a 0-10; r1/global a 12-13 hit; r2/global a 12-13 miss; r2/global a 60-61 hit;"
        "write b 0-10; r1/global b 12-13 hit; r2/global b 12-13 hit;"
        "write c 0-10; r1/global c 12-13 hit; r2/global c 900-901 hit"
    )

    def test_every_n_is_of_entities(self) -> None:
        """Three entities and two readers are three; one was missed first, of one nobody knows it."""
        summary = summarize(self.LINE)
        assert (summary.n, len(summary.visibilities), len(summary.searches)) == (3, 3, 6)
        assert {estimate.n for estimate in summary.quantiles} == {3}
        assert (summary.missed_first.count, summary.missed_first.n, summary.late) == (1, 2, 1)
        assert (summary.never_seen.n, summary.retries) == (3, {0: 2, 1: 1})

    def test_each_reader_by_itself(self) -> None:
        """What each of them saw, with its own n; and no such part where there is one reader."""
        readers = summarize(self.LINE).readers
        assert [(name, each.n, each.missed_first.count, each.missed_first.n) for name, each in readers.items()] == [
            ("r1", 3, 0, 3),
            ("r2", 3, 1, 2),
        ]
        assert summarize("write a 0-10; global a 12-13 hit").readers == {}


@st.composite
def watched(draw: st.DrawFn) -> tuple[int, History]:
    """A truth, and one entity that up to three readers look for, each a few times."""
    truth_ns = draw(st.integers(-20, 60))
    item, action = Item("a", "a"), Action.GLOBAL_QUERY
    recorded: list[Event] = [
        Invocation(0, "writer", Action.WRITE, item, 70, 80, 1),
        Completion(0, "writer", 100, Outcome.OK),
    ]
    for op in range(draw(st.integers(1, 9))):
        process = f"reader-{draw(st.integers(1, 3))}"
        begin_ns, before_ns, after_ns = draw(st.tuples(st.integers(90, 180), st.integers(0, 20), st.integers(0, 20)))
        look_ns = begin_ns + before_ns
        seen = int(look_ns >= 100 + truth_ns)
        recorded.append(Invocation(op, process, action, item, begin_ns, begin_ns))
        recorded.append(Completion(op, process, look_ns + after_ns, Outcome.OK, seen))
    return truth_ns, History.of(recorded)


@pytest.mark.slow
class TestTruth:
    @settings(deadline=None, max_examples=300, database=None, derandomize=True, phases=[Phase.generate])
    @given(search=watched())
    def test_it_lies_in_the_interval_of_every_entity(self, search: tuple[int, History]) -> None:
        """The truth is the same for all readers, so it lies in the interval of their maximum."""
        truth_ns, history = search
        entities = combine_searches(measure_visibility(gather_series(history, Action.GLOBAL_QUERY)))
        (lower_ns,), (upper_ns,) = entities.lower_ns, entities.upper_ns
        assert lower_ns < truth_ns <= upper_ns or (lower_ns == 0 and truth_ns <= upper_ns)
